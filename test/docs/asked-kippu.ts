import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApiKey } from '../../src/app/api-keys.ts';
import { beginConnect } from '../../src/app/connecting.ts';
import type { App } from '../../src/app/open.ts';
import { SYSTEM } from '../../src/app/system.ts';
import { handleConnect } from '../../src/app/web/connect-routes.ts';
import type { ApiScope } from '../../src/model/api-key-store.ts';
import { Secret } from '../../src/model/secret.ts';
import { listen, type Listening } from '../../src/server/listen.ts';
import { createServer as createKippu } from '../../src/server/server.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { LOCAL_KEY, openTestApp } from '../server/served-kippu.ts';

const PUBLIC_URL = 'http://127.0.0.1:4180';
const HOUR_MS = 3_600_000;

/** A whole Kippu with an account at a simulated X, over real sockets, for programs that run in other processes. */
export class AskedKippu implements AsyncDisposable {
  readonly x: Simulation;
  readonly #app: App;
  readonly #kippu: Listening;
  readonly #front: Server;
  readonly #clock: { aheadMs: number };
  /** How many of the next requests are answered with a 503, in front of Kippu. */
  unavailable = 0;

  private constructor(x: Simulation, app: App, kippu: Listening, clock: { aheadMs: number }) {
    this.x = x;
    this.#app = app;
    this.#kippu = kippu;
    this.#clock = clock;
    this.#front = this.#frontOf(kippu);
  }

  static async open(): Promise<AskedKippu> {
    const x = await simulate('x');
    const clock = { aheadMs: 0 };
    const outside = {
      ...SYSTEM,
      clock: { ...SYSTEM.clock, nowMs: () => SYSTEM.clock.nowMs() + clock.aheadMs },
    };
    const app = await openTestApp({ outside, publicUrl: PUBLIC_URL, baseUrl: x.url });
    const server = createKippu(app, { localKey: new Secret(LOCAL_KEY), version: '1.2.3' });
    const kippu = await listen(server, { host: '127.0.0.1', port: 0 });
    const asked = new AskedKippu(x, app, kippu, clock);
    await new Promise<void>((resolve) => asked.#front.listen(0, '127.0.0.1', resolve));
    return asked;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#front.address() as AddressInfo).port}`;
  }

  /** An API key's text. */
  async key(scope: ApiScope): Promise<string> {
    const { text } = await createApiKey({ name: scope, scopes: [scope], connections: ['x:alice'] }, this.#app);
    return text.reveal();
  }

  /** Connects `x:alice`, as its user would. */
  async connect(): Promise<void> {
    const { url } = await beginConnect({ provider: 'x' }, this.#app);
    const departure = await handleConnect(new Request(url), this.#app);
    const cookie = (departure?.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const back = this.x.consent(departure?.headers.get('location') ?? '', { user: 'alice' });
    await handleConnect(new Request(back, { headers: { cookie } }), this.#app);
  }

  /** X takes the access token for over; Kippu, whose clock is another, takes it for good and old enough to be doubted. */
  endAccessToken(): void {
    this.#clock.aheadMs += 120_000;
    this.x.advance(3 * HOUR_MS);
  }

  #frontOf({ port }: Listening): Server {
    return createServer((request, response) => {
      if (this.unavailable > 0) {
        this.unavailable -= 1;
        response.writeHead(503, { 'retry-after': '1', 'content-type': 'application/problem+json' });
        response.end('{"code":"unavailable","detail":"Not now."}');
        return;
      }
      const { method, url, headers } = request;
      const onward = forward({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#front.closeAllConnections();
    this.#front.close();
    await this.#kippu.close();
    await this.#app.close();
    await this.x.close();
  }
}
