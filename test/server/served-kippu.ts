import assert from 'node:assert/strict';
import { pino } from 'pino';
import { createApiKey } from '../../src/app/api-keys.ts';
import { openApp, type App, type Outside } from '../../src/app/open.ts';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { noFaults } from '../../src/app/ports/no-faults.ts';
import { Worker } from '../../src/app/worker.ts';
import type { ApiScope } from '../../src/model/api-key-store.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../src/model/http.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Store } from '../../src/model/store.ts';
import { xData } from '../../src/providers/data/x.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { DEFAULT_TIMING } from '../../src/renewal/ports.ts';
import { createServer, type Peer, type Server } from '../../src/server/server.ts';
import { controlsOf, simHttpClient, Simulator, type SimulationControls } from '../../src/sim/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { customerHost } from '../support/made-up-providers.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { settle, VirtualClock } from '../support/virtual-clock.ts';
import { Answers } from './answers.ts';
import { TestBrowser } from './test-browser.ts';

export const ORIGIN = 'http://127.0.0.1:4180';
export const LOCAL_KEY = 'the-local-key-of-this-machine';

/** Whatever came back: the test says what it expects of it. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

export interface ServeOptions {
  readonly publicUrl?: string;
  readonly returnUrls?: readonly string[];
  readonly withWorker?: boolean;
  readonly withoutProvider?: boolean;
  readonly isSandbox?: boolean;
  /** Instead of X. */
  readonly provider?: Provider;
  /** As it is between here and the store. */
  readonly onTheWay?: (store: Store) => Store;
}

/** A whole Kippu behind its HTTP interface: a real store, the simulated X, a clock that the test moves. */
export async function serveKippu(options: ServeOptions = {}): Promise<ServedKippu> {
  const clock = new VirtualClock();
  const simulator = new Simulator({ provider: options.provider ?? xData, clock, random: seededRandom('provider') });
  const answers = new Answers();
  const http = new ListeningHttp(simHttpClient({ simulator, clock }), answers);
  const outside: Outside = { clock, random: seededRandom('kippu'), http, faults: noFaults };
  const { publicUrl = ORIGIN, returnUrls = [] } = options;
  const app = await openTestApp({
    outside,
    log: answers.logged,
    publicUrl,
    returnUrls,
    withoutProvider: options.withoutProvider ?? false,
    isSandbox: options.isSandbox ?? false,
    provider: options.provider,
    onTheWay: options.onTheWay,
  });
  const worker = options.withWorker === true ? new Worker(app) : undefined;
  const server = createServer(app, { localKey: new Secret(LOCAL_KEY), version: '1.2.3', worker });
  return new ServedKippu({ app, server, clock, worker, controls: controlsOf(simulator), answers, publicUrl });
}

interface TestAppOptions {
  readonly outside: Outside;
  readonly publicUrl: string;
  readonly returnUrls?: readonly string[];
  readonly withoutProvider?: boolean;
  readonly isSandbox?: boolean;
  readonly baseUrl?: string;
  readonly provider?: Provider | undefined;
  readonly onTheWay?: ((store: Store) => Store) | undefined;
  /** Everything that is logged. */
  readonly log?: string[];
}

export function openTestApp({
  outside,
  publicUrl,
  returnUrls = [],
  withoutProvider = false,
  isSandbox = false,
  baseUrl,
  provider = xData,
  onTheWay = (store) => store,
  log = [],
}: TestAppOptions): Promise<App> {
  const x = providerApp(provider, {
    clientId: 'a-client',
    clientSecret: new Secret('a-client-secret'),
    baseUrl,
    host: customerHost(provider),
    issuer: isSandbox ? `sandbox:${provider.id}` : undefined,
  });
  return openApp({
    openStore: async (world) => onTheWay(await openSqliteStore({ path: ':memory:', ...world, migrates: true })),
    keys: { given: undefined, prefersFile: false, isProduction: false },
    home: undefined,
    apps: withoutProvider ? [] : [x],
    publicUrl,
    returnUrls,
    timing: DEFAULT_TIMING,
    log: pino({ level: 'trace' }, { write: (line) => void log.push(line) }),
    outside,
  });
}

/** For what goes over real sockets. */
export const REAL_CLOCK: Clock = systemClock;

interface Parts {
  readonly app: App;
  readonly server: Server;
  readonly clock: VirtualClock;
  readonly worker: Worker | undefined;
  readonly controls: SimulationControls;
  readonly answers: Answers;
  readonly publicUrl: string;
}

export class ServedKippu {
  readonly app: App;
  readonly server: Server;
  readonly clock: VirtualClock;
  /** The provider, from behind. */
  readonly x: SimulationControls;
  readonly answers: Answers;
  readonly worker: Worker | undefined;
  readonly #publicUrl: string;

  constructor({ app, server, clock, worker, controls, answers, publicUrl }: Parts) {
    this.app = app;
    this.server = server;
    this.clock = clock;
    this.worker = worker;
    this.x = controls;
    this.answers = answers;
    this.#publicUrl = publicUrl;
    answers.secrets.add(LOCAL_KEY);
  }

  /** Asks as the operator. */
  get operator(): Client {
    return this.as(LOCAL_KEY);
  }

  as(key: string | undefined): Client {
    return new Client(this, key === undefined ? {} : { authorization: `Bearer ${key}` });
  }

  /** Makes a key and asks with it. */
  async key(scopes: readonly ApiScope[], connections: readonly string[] = []): Promise<Client> {
    const { text } = await createApiKey({ name: scopes.join(' '), scopes, connections }, this.app);
    this.answers.secrets.add(text.reveal());
    return this.as(text.reveal());
  }

  browser(): TestBrowser {
    return new TestBrowser(this, this.#publicUrl);
  }

  /** Connects an account, as its user would; gives the connection. */
  async connect(user: string, wish: Record<string, unknown> = {}): Promise<Json> {
    const begun = await this.operator.post('/v1/connect-sessions', { provider: 'x', ...wish });
    await this.browser().consent(begun.json.url, user);
    const { json } = await this.operator.get(`/v1/connect-sessions/${begun.json.id}`);
    assert.equal(json.state, 'attached');
    return (await this.operator.get(`/v1/connections/${json.connection}`)).json;
  }

  async send(request: Request, peer?: Peer): Promise<Answer> {
    const { method, url } = request;
    const response = await this.server.fetch(request, peer);
    const text = await response.text();
    this.answers.check({ method, url, response, text });
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson(response) && text !== '' ? JSON.parse(text) : undefined,
    };
  }

  /** Lets time pass until the promise is settled; five minutes at most. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    settled.catch(() => undefined);
    for (let passedMs = 0; !isSettled && passedMs < 300_000; passedMs += 100) {
      await settle();
      if (!isSettled) await this.clock.advance(100);
    }
    return settled;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.answers.checkAll();
    await this.until(Promise.all([this.worker?.stop(), this.app.close()]));
  }
}

function isJson(response: Response): boolean {
  return /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
}

/** Somebody with a key, or with none. */
export class Client {
  readonly #kippu: ServedKippu;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(kippu: ServedKippu, headers: Readonly<Record<string, string>>) {
    this.#kippu = kippu;
    this.#headers = headers;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, { headers });
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, { body, headers });
  }

  patch(path: string, body: unknown): Promise<Answer> {
    return this.send('PATCH', path, { body });
  }

  delete(path: string): Promise<Answer> {
    return this.send('DELETE', path);
  }

  /** A body that is a text is sent as it is. */
  send(
    method: string,
    path: string,
    { body, headers = {} }: { readonly body?: unknown; readonly headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    return this.#kippu.send(this.request(method, path, { body, headers }));
  }

  request(
    method: string,
    path: string,
    { body, headers = {} }: { readonly body?: unknown; readonly headers?: Record<string, string> } = {},
  ): Request {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    return new Request(new URL(path, ORIGIN), {
      method,
      headers: { ...this.#headers, ...headers },
      ...(text === undefined ? {} : { body: text }),
    });
  }
}

/** The network to the provider; it notes every token and code that passes, so that no answer of ours may hold one. */
class ListeningHttp implements HttpClient {
  readonly #direct: HttpClient;
  readonly #answers: Answers;

  constructor(direct: HttpClient, answers: Answers) {
    this.#direct = direct;
    this.#answers = answers;
  }

  async send(request: HttpRequest, watch?: Parameters<HttpClient['send']>[1]): Promise<HttpAnswer> {
    const { secrets, sent } = this.#answers;
    sent.push(request);
    const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
    for (const name of ['code', 'code_verifier', 'device_code']) note(form.get(name), secrets);
    const answer = await this.#direct.send(request, watch);
    if (answer.kind === 'answered') noteTokens(Buffer.from(answer.body).toString('utf8'), secrets);
    return answer;
  }
}

function noteTokens(text: string, secrets: Set<string>): void {
  for (const [, token] of text.matchAll(/"(?:access_token|refresh_token|device_code)"\s*:\s*"([^"]+)"/g))
    note(token, secrets);
}

function note(secret: string | null | undefined, secrets: Set<string>): void {
  if (secret !== null && secret !== undefined && secret !== '') secrets.add(secret);
}
