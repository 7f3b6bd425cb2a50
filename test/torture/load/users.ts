import { setTimeout as sleep } from 'node:timers/promises';
import { pickUp, type KippuNode } from '../node.ts';
import { Chance } from '../plan.ts';
import type { ProviderProcess } from '../provider.ts';
import type { Records } from '../records.ts';

/** A consent that was interrupted may still be settled by a worker: nobody begins another one before. */
const SETTLING_MS = 12_000;
const LOOK_EVERY_MS = 1000;
const AT_ONCE = 6;
const NEEDS_CONSENT: ReadonlySet<string> = new Set(['reauth_required', 'revoked']);

export interface UserOptions {
  readonly seed: string;
  readonly handles: readonly string[];
  readonly nodes: readonly KippuNode[];
  readonly provider: ProviderProcess;
  readonly records: Records;
}

/** The people behind the accounts: they consent, and consent again when they are asked to, or after they left. */
export class Users {
  readonly #options: UserOptions;
  readonly #chance: Chance;
  readonly #notBeforeMs = new Map<string, number>();
  again = 0;

  constructor(options: UserOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
  }

  /** Everybody consents; resolves when all are connected. */
  async begin(): Promise<void> {
    const waiting = [...this.#options.handles];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let handle = waiting.pop(); handle !== undefined; handle = waiting.pop()) await this.#consent(handle);
      }),
    );
  }

  /** Consents again wherever it is needed, until it is stopped. */
  async goOn(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.consentWhereNeeded();
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Gives how many accounts wait for their users now. */
  async consentWhereNeeded(): Promise<number> {
    const connections = await this.#options.records.connections();
    const needed = connections.filter(({ state }) => NEEDS_CONSENT.has(state));
    const due = needed.filter(({ handle }) => (this.#notBeforeMs.get(handle) ?? 0) <= Date.now());
    for (const { handle } of due) {
      this.#notBeforeMs.set(handle, Date.now() + SETTLING_MS);
      this.again += 1;
      await this.#consent(handle).catch(() => undefined);
    }
    return needed.length;
  }

  /** Walks through a consent as a browser would; a node or a provider that goes down on the way ends the walk. */
  async #consent(handle: string): Promise<void> {
    const { nodes, provider } = this.#options;
    const session = await pickUp(nodes, this.#chance).call('POST', '/v1/connect-sessions', {
      body: { provider: provider.played.data.id },
    });
    const departure = await fetch(String(session.body['url']), {
      redirect: 'manual',
      signal: AbortSignal.timeout(8000),
    });
    await departure.arrayBuffer();
    const cookie = (departure.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const back = await provider.consent(departure.headers.get('location') ?? '', handle);
    if (back === undefined) return;
    const page = await fetch(back, { redirect: 'manual', headers: { cookie }, signal: AbortSignal.timeout(8000) });
    await page.arrayBuffer();
  }
}
