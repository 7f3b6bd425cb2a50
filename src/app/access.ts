import { assertNever } from '../model/assert-never.ts';
import type { Access, AccessNeed, AccessTokens } from '../model/access-tokens.ts';
import type { Clock } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import { hasIdForm, type ConnectionId } from '../model/ids.ts';
import type { Fingerprinter } from '../model/vault.ts';
import { reachOf } from '../providers/reach.ts';
import type { Flights, Patience } from '../renewal/flights.ts';
import { explainReason } from '../renewal/explain-reason.ts';
import { enoughUntilMs, isEnough, type AccessLife } from '../renewal/lifetimes.ts';
import type { Need, RefusedBecause, Renewal, Served } from '../renewal/need.ts';

export interface AccessPorts {
  readonly flights: Flights;
  readonly fingerprinter: Fingerprinter;
  readonly clock: Clock;
  /** Changes when another process has written: what was cached before is asked for again. */
  readonly changes: () => number;
  /** Where the user of this connection can consent again. */
  readonly connectUrl: (id: ConnectionId) => string | undefined;
  /** What people call this connection: errors are for them. */
  readonly nameOf: (id: ConnectionId) => Promise<string>;
}

/** Connections whose tokens are kept in memory: more are read from the store again. Each is there by its id and its name. */
const KEPT_MAX = 10_000;
const ENTRIES_MAX = 2 * KEPT_MAX;

interface Kept {
  readonly id: ConnectionId;
  readonly name: string;
  readonly life: AccessLife;
  /** Reckoned once: it is asked for far more often than it is renewed. */
  readonly usuallyEnoughUntilMs: number;
  readonly access: Access;
}

/**
 * Good access tokens, handed out. What is good is served from memory; the memory is dropped whenever anybody has written
 * to the store: this process at once, another one at most a second after it did.
 */
export class Tokens implements AccessTokens {
  readonly #ports: AccessPorts;
  /** By id, and by name. */
  readonly #kept = new Map<string, Kept>();
  #changesSeen = 0;

  constructor(ports: AccessPorts) {
    this.#ports = ports;
  }

  async get(id: ConnectionId, need: AccessNeed = {}, patience: Patience = {}): Promise<Access> {
    const known = need.refused === undefined ? this.known(id, need.minTtlMs) : undefined;
    if (known !== undefined) return known;
    const changes = this.#ports.changes();
    const renewal = await this.#ports.flights.ask(id, this.#needOf(need), patience);
    if (renewal.kind !== 'served') throw await this.#errorOf(renewal, id);
    const access = accessOf(renewal);
    // Somebody may have written in the meantime: then what was read is already old, and is read again.
    if (this.#ports.changes() === changes) this.#keep(id, renewal, access);
    return access;
  }

  /**
   * What is good and in memory, at once: by id, or by the name that it had when it was read. `undefined` says nothing but
   * that it must be asked for.
   */
  known(idOrName: string, minTtlMs: number | undefined): Access | undefined {
    this.#forgetWhatIsOld();
    const kept = this.#kept.get(idOrName);
    if (kept === undefined) return undefined;
    const nowMs = this.#ports.clock.nowMs();
    const isGood =
      minTtlMs === undefined
        ? nowMs < kept.usuallyEnoughUntilMs
        : isEnough(kept.life, { kind: 'use', minTtlMs }, nowMs);
    return isGood ? kept.access : undefined;
  }

  /** Renews because somebody asked for it, whatever life is left. */
  async renewNow(id: ConnectionId, afterVersion: number): Promise<Access> {
    const renewal = await this.#ports.flights.ask(id, { kind: 'now', afterVersion });
    this.forget(id);
    if (renewal.kind !== 'served') throw await this.#errorOf(renewal, id);
    return accessOf(renewal);
  }

  forget(id: ConnectionId): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    this.#kept.delete(id);
    if (this.#kept.get(kept.name)?.id === id) this.#kept.delete(kept.name);
  }

  #keep(id: ConnectionId, { accessIssuedAtMs, accessExpiresAtMs, name }: Served, access: Access): void {
    this.#forgetWhatIsOld();
    if (this.#kept.size >= ENTRIES_MAX) this.#kept.clear();
    const life = { accessIssuedAtMs, accessExpiresAtMs, accessRefusedAtMs: undefined, accessFingerprint: undefined };
    const kept = {
      id,
      name,
      life,
      usuallyEnoughUntilMs: enoughUntilMs(life, { kind: 'use', minTtlMs: undefined }),
      access,
    };
    this.#kept.set(id, kept);
    // Should anybody have given a connection another one's id as its name, the id counts.
    if (!hasIdForm('con', name)) this.#kept.set(name, kept);
  }

  #forgetWhatIsOld(): void {
    const changes = this.#ports.changes();
    if (changes === this.#changesSeen) return;
    this.#changesSeen = changes;
    this.#kept.clear();
  }

  #needOf({ minTtlMs, refused }: AccessNeed): Need {
    if (refused !== undefined)
      return { kind: 'refused', accessFingerprint: this.#ports.fingerprinter.fingerprint(refused) };
    return { kind: 'use', minTtlMs };
  }

  async #errorOf(renewal: Exclude<Renewal, Served>, id: ConnectionId): Promise<KippuError> {
    this.forget(id);
    const name = await this.#ports.nameOf(id);
    const nowMs = this.#ports.clock.nowMs();
    switch (renewal.kind) {
      case 'reauth_required': {
        if (renewal.reason === 'key_over')
          return new KippuError(
            'reauth_required',
            `The API key of ${name} is over: ${explainReason(renewal.reason)} Import another one in its place: \`kippu import PROVIDER --api-key - --connection ${name}\`.`,
          );
        const connectUrl = this.#ports.connectUrl(id);
        return new KippuError(
          'reauth_required',
          `The user of ${name} must consent again: ${explainReason(renewal.reason)} Run \`kippu connect\`.`,
          {
            ...(connectUrl === undefined ? {} : { connectUrl }),
          },
        );
      }
      case 'revoked':
        return new KippuError(
          'revoked',
          `The connection ${name} was revoked here. Connect the account again to use it.`,
        );
      case 'refused':
        return new KippuError('refused', explainRefusal(name, renewal.because));
      case 'misconfigured':
        return new KippuError(
          'misconfigured',
          `The provider refuses our app, not the user of ${name}: ${renewal.error}. \`kippu doctor\` says what to check.`,
        );
      case 'unusable':
        return new KippuError(
          'misconfigured',
          `There is no access token of ${name} that could be used: ${renewal.error}. What came with it is stored; \`kippu renew\` asks the provider for another.`,
        );
      case 'unavailable':
        return new KippuError(
          'unavailable',
          `The access token of ${name} cannot be renewed now: ${renewal.error}. Try again later.`,
          {
            retryAfterMs: Math.max(0, renewal.retryAtMs - nowMs),
          },
        );
      case 'uncertain':
        return new KippuError(
          'uncertain',
          `A renewal of ${name} was sent and not answered, and nobody knows yet what became of it. It is resolved by itself; try again later.`,
          { retryAfterMs: Math.max(0, renewal.retryAtMs - nowMs) },
        );
      case 'wait':
        return new KippuError('uncertain', `Another process is renewing ${name}. Try again in a moment.`, {
          retryAfterMs: 1000,
        });
      default:
        return assertNever(renewal);
    }
  }
}

function accessOf(served: Served): Access {
  return {
    accessToken: served.tokens.accessToken,
    tokenType: served.tokens.tokenType,
    proofKey: served.tokens.proofKey,
    carrier: served.tokens.carrier,
    expiresAtMs: served.accessExpiresAtMs,
    scopes: served.scopes,
    version: served.version,
    ...reachOf(served.app),
    provider: served.app.provider.id,
    subject: served.subject,
  };
}

function explainRefusal(name: string, because: RefusedBecause): string {
  switch (because) {
    case 'young':
      return (
        `The provider refuses an access token of ${name} that is less than a minute old: renewing will not help. ` +
        'Look at what the call needs (scopes, plan, credits) instead.'
      );
    case 'nothing_renews':
      return (
        `The provider refuses the API key of ${name}, and nothing can renew it. If the key was revoked, import another one in its place: ` +
        `\`kippu import PROVIDER --api-key - --connection ${name}\`. If it was not, look at what the call needs.`
      );
    case 'same_again':
      return (
        `The provider refuses the access token of ${name}, and gives out the same one again when asked for another. ` +
        'Look at what the call needs (scopes, plan, credits) instead.'
      );
  }
}
