import { beginDevice, type ShownCode } from '../../src/connect/device.ts';
import type { Consent } from '../../src/model/consent-store.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import type { ProviderApp } from '../../src/providers/provider-app.ts';
import type { ProviderSide } from './provider-side.ts';
import type { WorldNode } from './world-node.ts';

export interface DeviceWish {
  readonly owner?: string;
  /** Consent again for this one. */
  readonly again?: ConnectionId;
  readonly node?: WorldNode;
}

interface Surroundings {
  readonly node: WorldNode;
  readonly provider: ProviderSide;
  readonly app: ProviderApp;
}

/** A device that shows a code, and its user with another one in his hand. */
export class Device {
  readonly id: Consent['id'];
  readonly code: ShownCode;
  readonly #where: Surroundings;

  private constructor(consent: Consent, code: ShownCode, where: Surroundings) {
    this.id = consent.id;
    this.code = code;
    this.#where = where;
  }

  static async begin({ owner = '', again }: DeviceWish, where: Surroundings): Promise<Device> {
    const { node, app } = where;
    const scopes = { chosen: [], offline: true };
    const wish = { app, owner, scopes, name: undefined, connectionId: again };
    const { consent, code } = await beginDevice(wish, node.connect);
    return new Device(consent, code, where);
  }

  allow(user: string): void {
    this.#where.provider.controls.typeUserCode(this.code.userCode, { user });
  }

  deny(): void {
    this.#where.provider.controls.typeUserCode(this.code.userCode, { user: '', decision: 'deny' });
  }

  async consent(): Promise<Consent> {
    const consent = await this.#where.node.look.consents.find(this.id);
    if (consent === undefined) throw new Error(`There is no consent ${this.id}.`);
    return consent;
  }

  /** How far it is, with the reason where it failed. */
  async state(): Promise<string> {
    const { state, failure } = await this.consent();
    return failure === undefined ? state : `${state}: ${failure}`;
  }

  /** The connection that came of it. */
  async connection(): Promise<ConnectionId> {
    const { attachedTo } = await this.consent();
    if (attachedTo === undefined) throw new Error(`Nothing came of it: ${await this.state()}`);
    return attachedTo;
  }

  /** When the provider was asked, in milliseconds since the epoch. */
  get questions(): readonly number[] {
    const isOurs = (form: URLSearchParams): boolean => form.has('device_code');
    return this.#where.provider.sent.filter(({ form }) => isOurs(form)).map(({ atMs }) => atMs);
  }
}
