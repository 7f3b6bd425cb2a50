import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKippu, type Kippu, type KippuOptions } from '../../src/index.ts';
import { github, x } from '../../src/providers/index.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { toNodeHandler } from '../../src/node.ts';
import { ScriptedBrowser } from '../cli/browser.ts';

export interface Arrival {
  readonly session: string;
  readonly code: string;
}

export interface ApplicationOptions {
  readonly provider?: 'x' | 'github';
  /** Below which the handler is mounted. */
  readonly mountedAt?: string;
  readonly kippu?: Partial<KippuOptions>;
}

/** Somebody's application that uses the library, on real sockets, with the simulated provider and a file of its own. */
export class Application implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'kippu-application-'));
  readonly sim: Simulation;
  readonly kippu: Kippu;
  readonly origin: string;
  readonly publicUrl: string;
  readonly #server: Server;

  private constructor(sim: Simulation, server: Server, { provider = 'x', mountedAt = '', kippu }: ApplicationOptions) {
    this.sim = sim;
    this.#server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.publicUrl = this.origin + mountedAt;
    const app = { clientId: 'c', clientSecret: 's', baseUrl: sim.url };
    this.kippu = createKippu({
      publicUrl: this.publicUrl,
      returnUrls: [`${this.origin}/connected`],
      store: sqlite(this.databasePath),
      providers: [provider === 'x' ? x(app) : github(app)],
      home: join(this.directory, 'home'),
      worker: false,
      ...kippu,
    });
    const handle = toNodeHandler((request) => this.kippu.handler(request), { origin: this.origin });
    server.on('request', (request, response) => {
      if (request.url?.startsWith('/connected') === true) response.end('your application');
      else handle(request, response);
    });
  }

  static async start(options: ApplicationOptions = {}): Promise<Application> {
    const sim = await simulate(options.provider ?? 'x', { clients: [{ id: 'c', secret: 's' }] });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Application(sim, server, options);
  }

  get databasePath(): string {
    return join(this.directory, 'app.db');
  }

  get returnUrl(): string {
    return `${this.origin}/connected`;
  }

  /** Somebody opens a connect link and consents; what his browser brings to the application. */
  async arrive(url: string, user: string, browser = new ScriptedBrowser()): Promise<Arrival> {
    const page = await browser.consent(url, { user });
    const params = new URL(page.url).searchParams;
    return { session: params.get('kippu_session') ?? '', code: params.get('kippu_code') ?? '' };
  }

  /** One of the application's users connects his account. */
  async connect(user: string, owner = `user of ${user}`): ReturnType<Kippu['redeem']> {
    const { url } = await this.kippu.connect({ provider: 'x', owner, returnUrl: this.returnUrl });
    const { session, code } = await this.arrive(url, user);
    return this.kippu.redeem(session, code, { owner });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kippu.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.sim.close();
    rmSync(this.directory, { recursive: true });
  }
}

/** Everything that an iteration gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const item of items) gathered.push(item);
  return gathered;
}
