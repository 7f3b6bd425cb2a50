import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessionIn } from '../../src/app/session/create-session.ts';
import type { Reuse, Session, SessionOptions } from '../../src/app/session/session.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import type { StoreOpener } from '../../src/app/open.ts';
import type { HttpClient, HttpRequest } from '../../src/model/http.ts';
import { Secret } from '../../src/model/secret.ts';
import { xData as x } from '../../src/providers/data/x.ts';
import { providerApp, type ProviderApp } from '../../src/providers/provider-app.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { simHttpClient } from '../../src/sim/http-client.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { ProviderSide } from '../support/provider-side.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

export const SITE = 'https://app.example';
export const KEYS = `k1:${Buffer.alloc(32, 7).toString('base64')}`;

export interface SessionWorldOptions {
  readonly provider?: Provider;
  readonly seed?: string;
  /** Absent: an SQLite file. */
  readonly ledger?: SharedLedger | undefined;
}

/** A ledger that answers in real time. */
export interface SharedLedger {
  open(clock: VirtualClock): StoreOpener;
  /** Resolves when all that it was asked is answered. */
  idle(): Promise<void>;
}

/** An application with cookie mode, in as many processes as a test starts, at a simulated provider. */
export class SessionWorld {
  readonly clock = new VirtualClock();
  readonly provider: ProviderSide;
  readonly app: ProviderApp;
  readonly reuses: Reuse[] = [];
  readonly directory = mkdtempSync(join(tmpdir(), 'kippu-session-'));
  /** Paths at the provider to which requests went, of every process. */
  readonly sent: string[] = [];
  /** Where the next request ends as if its process had died: nothing after it happens. */
  diesAt: FaultPoint | undefined;
  readonly #seed: string;
  readonly #ledger: SharedLedger | undefined;
  readonly #open: Session[] = [];

  constructor({ provider = x, seed = 'session', ledger }: SessionWorldOptions = {}) {
    this.#seed = seed;
    this.#ledger = ledger;
    this.provider = new ProviderSide({ provider, clock: this.clock, random: seededRandom(`${seed}/provider`) });
    this.app = providerApp(provider, { clientId: 'app', clientSecret: new Secret('secret') });
  }

  /** Another process of the application. All of them share one ledger, unless `options` say otherwise. */
  process(options: Partial<SessionOptions> = {}): Session {
    const http: HttpClient = {
      send: (request: HttpRequest, watch) => {
        this.sent.push(new URL(request.url).pathname);
        return this.#http.send(request, watch);
      },
    };
    const session = sessionIn(
      {
        publicUrl: SITE,
        keys: KEYS,
        providers: [this.app],
        ledger: this.#ledger?.open(this.clock) ?? sqlite(join(this.directory, 'ledger.db')),
        home: join(this.directory, `home-${this.#open.length}`),
        onReuse: (reuse) => this.reuses.push(reuse),
        ...options,
      },
      {
        clock: this.clock,
        random: seededRandom(`${this.#seed}/${this.#open.length}`),
        http,
        faults: { reach: (point) => this.#reach(point) },
      },
    );
    this.#open.push(session);
    return session;
  }

  browser(): Browser {
    return new Browser(this);
  }

  /** Waits for it while time passes, for as long as an exchange may take. */
  async settle<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => (isDone = true)).catch(() => undefined);
    for (let round = 0; round < 4000 && !isDone; round += 1) {
      await this.#ledger?.idle();
      await this.clock.advance(50);
    }
    if (!isDone) throw new Error('It did not settle in 200 seconds.');
    await done;
    return work;
  }

  /** Exchanges of a refresh token that the provider made. */
  get renewals(): number {
    return this.provider.renewals;
  }

  get presentedTwice(): number {
    return this.provider.reuses;
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((session) => this.settle(session.close())));
    rmSync(this.directory, { recursive: true });
  }

  #reach(point: FaultPoint): void {
    if (point !== this.diesAt) return;
    this.diesAt = undefined;
    throw new Error(`died at ${point}`);
  }

  get #http(): HttpClient {
    return simHttpClient({ simulator: this.provider.simulator, clock: this.clock });
  }
}

/** Somebody's browser at this site: it stores the cookies that it is given, and sends those that it has. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #world: SessionWorld;

  constructor(world: SessionWorld) {
    this.#world = world;
  }

  /** The same browser as it is now, for a thief, a backup, or a second look. */
  copy(): Browser {
    const other = new Browser(this.#world);
    for (const [name, value] of this.cookies) other.cookies.set(name, value);
    return other;
  }

  request(path = '/', init: RequestInit = {}): Request {
    const request = new Request(new URL(path, SITE), { redirect: 'manual', ...init });
    if (this.cookies.size > 0) request.headers.set('cookie', this.header);
    return request;
  }

  get header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  store(setCookies: readonly string[]): void {
    for (const line of setCookies) {
      const [pair = '', ...attributes] = line.split('; ');
      // RFC 6265bis, section 5.6: a browser drops what is longer, and says nothing.
      if (Buffer.byteLength(pair) > 4096) continue;
      const at = pair.indexOf('=');
      const expires = attributes.find((attribute) => attribute.startsWith('Expires='))?.slice('Expires='.length);
      const isOver = expires !== undefined && Date.parse(expires) <= this.#world.clock.nowMs();
      if (isOver) this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }

  /** Asks the application's handler, and stores what it says. */
  async ask(session: Session, path: string, init: RequestInit = {}): Promise<Response> {
    const response = await this.#world.settle(session.handler(this.request(path, init)));
    this.store(response.headers.getSetCookie());
    return response;
  }

  /** Goes to the provider; gives the address of its consent page. */
  async depart(session: Session, returnTo = '/'): Promise<string> {
    const { provider } = this.#world.app;
    const response = await this.ask(session, `/auth/login/${provider.id}?return_to=${encodeURIComponent(returnTo)}`);
    return response.headers.get('location') ?? '';
  }

  /** Signs in, the whole way; gives the last answer. */
  async signIn(session: Session, user = 'alice', returnTo = '/'): Promise<Response> {
    const page = await this.depart(session, returnTo);
    return this.comeBack(session, this.#world.provider.controls.consent(page, { user }));
  }

  /** Follows the provider's redirect back. */
  comeBack(session: Session, address: string): Promise<Response> {
    const url = new URL(address);
    return this.ask(session, url.pathname + url.search);
  }

  /** A page of the application that uses the token, and tells the browser what it must. */
  async use(session: Session, options: Parameters<Session['getAccessToken']>[1] = {}): Promise<string> {
    const { accessToken, setCookies } = await this.#world.settle(session.getAccessToken(this.request(), options));
    this.store(setCookies);
    return accessToken;
  }
}
