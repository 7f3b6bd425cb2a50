import type { Clock } from '../../model/clock.ts';
import type { PostgresDatabase } from './database.ts';
import type { PostgresClient } from './driver.ts';
import { quoted } from './statement.ts';

/** Whoever does not hear the others looks again after this; and whoever could not be heard is noticed after this times five. */
const STALE_MS = 1000;
const HEARD_STALE_MS = 5 * STALE_MS;
const RECONNECT_MS = 1000;
/** A connection on which nothing comes may be dead. */
const PROBE_MS = 20_000;

export interface NewsOptions {
  readonly db: PostgresDatabase;
  readonly clock: Clock;
  readonly schema: string;
  /** Names this process to the others. */
  readonly self: string;
  /** `false` behind a pooler that lends connections for one transaction: nothing can be heard there. */
  readonly listens: boolean;
}

/**
 * Who wrote, told from process to process: `NOTIFY` after the commit, `LISTEN` on a connection of its own.
 *
 * Inside the transaction `NOTIFY` would take a lock that all commits of the cluster queue for; so it is a statement of its
 * own, and what is committed while one is under way goes into the next. A process that dies between its commit and its
 * notice leaves the others with what they knew: for that they look again by themselves, every few seconds, and every
 * second while they hear nothing at all.
 */
export class News {
  readonly #options: NewsOptions;
  readonly #channel: string;
  readonly #end = new AbortController();
  #listening: Promise<void> | undefined;
  #telling: Promise<void> | undefined;
  #isToBeTold = false;
  #client: PostgresClient | undefined;
  #changes = 0;
  #freshAtMs: number;

  constructor(options: NewsOptions) {
    this.#options = options;
    this.#channel = `kippu ${options.schema}`;
    this.#freshAtMs = options.clock.monotonicMs();
  }

  /** Resolves once the others are heard, or cannot be heard now. */
  async begin(): Promise<void> {
    const { db, listens } = this.#options;
    db.onNews(() => {
      this.#changes += 1;
      this.#tell();
    });
    if (!listens) return;
    await this.#connect();
    this.#listening = this.#keepListening();
  }

  changes(): number {
    const nowMs = this.#options.clock.monotonicMs();
    const staleMs = this.#client === undefined ? STALE_MS : HEARD_STALE_MS;
    if (nowMs - this.#freshAtMs >= staleMs) {
      this.#freshAtMs = nowMs;
      this.#changes += 1;
    }
    return this.#changes;
  }

  /** Resolves when all that was committed here is told, and all that was told before is heard. */
  async caughtUp(): Promise<void> {
    await this.#telling;
    await this.#client?.query({ text: 'select 1' });
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#drop();
    await this.#telling;
    await this.#listening;
  }

  #tell(): void {
    if (!this.#options.listens || this.#end.signal.aborted) return;
    this.#isToBeTold = true;
    this.#telling ??= this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    const { db, clock, self } = this.#options;
    while (this.#isToBeTold) {
      this.#isToBeTold = false;
      try {
        await db.get('select pg_notify(:channel, :self)', { channel: this.#channel, self });
      } catch {
        // The server is away. Nobody can write meanwhile, and the others look again by themselves; told they are all the same.
        if (this.#end.signal.aborted) break;
        this.#isToBeTold = true;
        await clock.sleep(RECONNECT_MS, this.#end.signal);
      }
    }
    this.#telling = undefined;
  }

  async #keepListening(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#end;
    while (!signal.aborted) {
      if (this.#client === undefined) {
        await clock.sleep(RECONNECT_MS, signal);
        if (!signal.aborted) await this.#connect();
      } else {
        await clock.sleep(PROBE_MS, signal);
        await this.#probe();
      }
    }
  }

  async #connect(): Promise<void> {
    let client: PostgresClient;
    try {
      client = await this.#options.db.take();
    } catch {
      // It is tried again; until then what is known counts for a second.
      return;
    }
    try {
      client.on('notification', this.#heard);
      client.on('error', this.#drop);
      client.on('end', this.#drop);
      await client.query({ text: `listen ${quoted(this.#channel)}` });
      this.#client = client;
      // What was written before it listened was not heard.
      this.#changes += 1;
    } catch {
      this.#release(client);
    }
    if (this.#end.signal.aborted) this.#drop();
  }

  async #probe(): Promise<void> {
    try {
      const probe = { text: 'select 1', query_timeout: RECONNECT_MS * 5 };
      await this.#client?.query(probe);
    } catch {
      this.#drop();
    }
  }

  readonly #heard = ({ payload }: { readonly payload?: string | undefined }): void => {
    if (payload !== this.#options.self) this.#changes += 1;
  };

  readonly #drop = (): void => {
    const client = this.#client;
    if (client === undefined) return;
    this.#client = undefined;
    this.#changes += 1;
    this.#release(client);
  };

  /** It listens: the pool must not lend it to anybody. */
  #release(client: PostgresClient): void {
    client.off('notification', this.#heard);
    client.off('error', this.#drop);
    client.off('end', this.#drop);
    client.release(true);
  }
}
