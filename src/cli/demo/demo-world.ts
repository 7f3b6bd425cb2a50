import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../app/config.ts';
import { beginConnect } from '../../app/connecting.ts';
import { findConnection } from '../../app/find-connection.ts';
import type { App, Outside } from '../../app/open.ts';
import { handleConnect } from '../../app/web/connect-routes.ts';
import { Worker } from '../../app/worker.ts';
import type { Access, AccessNeed } from '../../model/access-tokens.ts';
import { DAY_MS } from '../../model/clock.ts';
import type { Connection } from '../../model/connection.ts';
import type { HttpClient } from '../../model/http.ts';
import { KippuError } from '../../model/errors.ts';
import type { EventType, KippuEvent } from '../../model/event.ts';
import { simulate, type Simulation } from '../../sim/index.ts';
import { DemoClock } from './demo-clock.ts';
import { demoConfig } from './demo-config.ts';
import type { Ingredients } from './ingredients.ts';
import { Overheard } from './overheard.ts';

/** Midnight in Tokyo on a Monday: the story's own clock is then also the clock of Tokyo. */
const START_MS = Date.parse('2027-01-04T00:00:00+09:00');
const EVENTS_MAX = 1000;

/** What a consent looked like from the browser. Nothing in it is secret. */
export interface SeenConsent {
  readonly challengeMethod: string;
  readonly scopes: string;
  readonly connection: Connection;
}

/** The real Kippu, a real simulator of X on loopback, a folder for both, and one clock over all. */
export class DemoWorld {
  readonly clock = new DemoClock(START_MS);
  readonly directory = temporaryFolder();
  readonly outside: Outside;
  readonly overheard: Overheard;
  /** Told whenever time has passed: from when until now. */
  onTime: (fromMs: number) => Promise<void> = () => Promise.resolve();
  readonly #ingredients: Ingredients;
  readonly #cleanUp = (): void => {
    rmSync(this.directory, { recursive: true, force: true });
  };
  #provider: Simulation | undefined;
  #config: Config | undefined;
  #app: App | undefined;

  constructor(ingredients: Ingredients) {
    this.#ingredients = ingredients;
    this.overheard = new Overheard(ingredients.outside.http);
    this.outside = { ...ingredients.outside, clock: this.clock, http: this.overheard };
    // However the process ends, the folder does not stay.
    process.once('exit', this.#cleanUp);
  }

  async open(): Promise<void> {
    this.#provider = await simulate('x', { clock: this.clock });
    this.#config = await demoConfig({ directory: this.directory, simulatorUrl: this.provider.url });
    await this.startKippu();
  }

  /** The simulated X, and what can be done to it from behind. */
  get provider(): Simulation {
    return present(this.#provider);
  }

  get config(): Config {
    return present(this.#config);
  }

  /** The network as everybody else has it. */
  get outsiderHttp(): HttpClient {
    return this.#ingredients.outside.http;
  }

  /** Kippu, while it runs. */
  get app(): App {
    return present(this.#app);
  }

  get isKippuRunning(): boolean {
    return this.#app !== undefined;
  }

  async startKippu(): Promise<void> {
    this.#app = await this.#ingredients.open(this.config, this.outside);
  }

  async stopKippu(): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    await app?.close();
  }

  /** How long after the first consent it is. */
  get storyMs(): number {
    return this.clock.nowMs() - this.clock.startMs;
  }

  /** Walks through a consent as a browser would; `again` for a connection that there is. */
  async connect(user: string, again?: string): Promise<SeenConsent> {
    const { url } = await beginConnect({ provider: 'x', connection: again }, this.app);
    const departure = await this.#browse(url);
    const authorizationUrl = departure.headers.get('location') ?? '';
    const cookie = (departure.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const back = this.provider.consent(authorizationUrl, { user });
    await this.#browse(back, cookie);
    const asked = new URL(authorizationUrl).searchParams;
    return {
      challengeMethod: asked.get('code_challenge_method') ?? '',
      scopes: asked.get('scope') ?? '',
      connection: await this.connection(`x:${user}`),
    };
  }

  async #browse(url: string, cookie?: string): Promise<Response> {
    const response = await handleConnect(
      new Request(url, { headers: cookie === undefined ? {} : { cookie } }),
      this.app,
    );
    return present(response);
  }

  connection(name: string): Promise<Connection> {
    return findConnection(name, this.app);
  }

  async token(name: string, need: AccessNeed = {}): Promise<Access> {
    const { id } = await this.connection(name);
    return this.app.tokens.get(id, need);
  }

  async events(type: EventType): Promise<readonly KippuEvent[]> {
    const events = await this.app.store.events.list({ limit: EVENTS_MAX });
    return events.filter((event) => event.type === type);
  }

  /**
   * Lets time pass until a moment of the story, stopping at everything that is due on the way: there the worker makes
   * its round, as it would if somebody had waited all the while.
   */
  async passUntil(day: number, timeOfDayMs: number): Promise<void> {
    const endMs = this.clock.startMs + day * DAY_MS + timeOfDayMs;
    while (this.clock.nowMs() < endMs) {
      const dueMs = await this.#nextDueMs();
      await this.#passTo(Math.min(endMs, Math.max(dueMs, this.clock.nowMs() + 1)));
    }
  }

  /** As {@link passUntil}, and stops after the round that brings the next event of this type. `undefined`: it never came. */
  async passUntilEvent(type: EventType, latestDay: number): Promise<KippuEvent | undefined> {
    const before = (await this.events(type)).length;
    const endMs = this.clock.startMs + latestDay * DAY_MS;
    while (this.clock.nowMs() < endMs) {
      await this.#passTo(Math.min(endMs, Math.max(await this.#nextDueMs(), this.clock.nowMs() + 1)));
      const events = await this.events(type);
      if (events.length > before) return events[before];
    }
    return undefined;
  }

  async #passTo(atMs: number): Promise<void> {
    const fromMs = this.clock.nowMs();
    this.clock.passUntil(atMs);
    await this.onTime(fromMs);
    if (this.#app === undefined) return;
    const worker = new Worker(this.#app);
    worker.start();
    await worker.stop();
  }

  async #nextDueMs(): Promise<number> {
    if (this.#app === undefined) return Number.POSITIVE_INFINITY;
    const { store } = this.#app;
    const { items } = await store.connections.list({ limit: EVENTS_MAX });
    const moments = [
      await store.posts.nextDueAtMs(),
      await store.schedules.nextDueAtMs(),
      ...items.map(({ nextDueAtMs }) => nextDueAtMs),
    ];
    return Math.min(...moments.filter((moment) => moment !== undefined));
  }

  /** Ends everything and takes the folder away. */
  async close(): Promise<void> {
    try {
      await this.stopKippu();
      await this.#provider?.close();
    } finally {
      this.#cleanUp();
      process.off('exit', this.#cleanUp);
    }
  }
}

/** Throws `store_unavailable`. */
function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'kippu-demo-'));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new KippuError(
      'store_unavailable',
      `The demo needs a temporary folder, and ${tmpdir()} cannot be written (${code}). Set TMPDIR to one that can.`,
      { cause },
    );
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('The demo asks for something that is not there yet.');
  return value;
}
