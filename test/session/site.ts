import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sessionIn } from '../../src/app/session/create-session.ts';
import type { Reuse, Session, SessionOptions } from '../../src/app/session/session.ts';
import { SYSTEM } from '../../src/app/system.ts';
import { toNodeHandler } from '../../src/node.ts';
import { x } from '../../src/providers/index.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { realClock } from '../../src/sim/real-clock.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { TEST_CERTIFICATE, TEST_KEY } from '../notify/test-certificate.ts';
import { applicationOf } from './pages.ts';
import { KEYS } from './session-world.ts';

const PATIENCE_MS = 20_000;

type AdjustableClock = ReturnType<typeof realClock>;

export interface SiteOptions {
  readonly tls?: boolean;
  readonly host?: string;
  readonly sameSite?: SessionOptions['sameSite'];
}

interface Opening {
  readonly clock: AdjustableClock;
  readonly sim: Simulation;
  /** Scheme and host. */
  readonly at: string;
  readonly sameSite: SessionOptions['sameSite'];
}

/** A response that the application has made, and that does not leave before it is told to. */
export interface Held {
  readonly isMade: () => boolean;
  send(): void;
}

/** Somebody's application with cookie mode on a real socket, at a simulated X. One clock is put forward for both. */
export class Site implements AsyncDisposable {
  readonly clock: AdjustableClock;
  readonly sim: Simulation;
  readonly origin: string;
  readonly session: Session;
  readonly reuses: Reuse[] = [];
  readonly #server: Server;
  readonly #directory = mkdtempSync(join(tmpdir(), 'kippu-site-'));
  readonly #holds = new Map<string, (response: Response) => Promise<void>>();
  #underWay = 0;
  /** Requests that came to the application, by path. */
  readonly asked: string[] = [];

  private constructor(server: Server, { clock, sim, at, sameSite }: Opening) {
    this.clock = clock;
    this.sim = sim;
    this.#server = server;
    this.origin = `${at}:${(server.address() as AddressInfo).port}`;
    this.session = sessionIn(
      {
        publicUrl: this.origin,
        keys: KEYS,
        providers: [x({ clientId: 'app', clientSecret: 'secret', baseUrl: sim.url })],
        ledger: sqlite(join(this.#directory, 'ledger.db')),
        home: join(this.#directory, 'home'),
        sameSite,
        onReuse: (reuse) => this.reuses.push(reuse),
      },
      { ...SYSTEM, clock },
    );
    server.on(
      'request',
      toNodeHandler((request) => this.#answer(request), { origin: this.origin }),
    );
  }

  static async open({ tls = false, host = '127.0.0.1', sameSite }: SiteOptions = {}): Promise<Site> {
    const clock = realClock();
    const sim = await simulate('x', {
      clock,
      clients: [{ id: 'app', secret: 'secret' }],
      settings: { rateLimits: {} },
    });
    const server = tls ? createTlsServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }) : createPlainServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Site(server, { clock, sim, at: `${tls ? 'https' : 'http'}://${host}`, sameSite });
  }

  /** Holds back the next response to a path. */
  holdNext(path: string): Held {
    let isMade = false;
    let send = (): void => undefined;
    const sent = new Promise<void>((resolve) => (send = resolve));
    this.#holds.set(path, () => {
      isMade = true;
      return sent;
    });
    return { isMade: () => isMade, send };
  }

  /** Asks until it is so, and fails when it never comes to be. */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const untilMs = Date.now() + PATIENCE_MS;
    while (!(await isSo())) {
      if (Date.now() > untilMs) throw new Error(`never happened: ${what}`);
      await sleep(10);
    }
  }

  /** Every request that came has been answered, or given up by the application. */
  idle(): Promise<void> {
    return this.until('no request is under way', () => this.#underWay === 0);
  }

  /** What the provider's journal says of refresh tokens: exchanges made, and tokens presented after they were spent. */
  get books(): { readonly exchanges: number; readonly presentedTwice: number; readonly childrenMax: number } {
    const { counts, tokens } = this.sim.state();
    const children = tokens
      .filter(({ kind, parent }) => kind === 'refresh' && parent !== null)
      .map(({ parent }) => tokens.filter((token) => token.kind === 'refresh' && token.parent === parent).length);
    return {
      exchanges: counts.renewals,
      presentedTwice: counts.presentedTwice + tokens.filter(({ reuses }) => reuses > 0).length,
      childrenMax: Math.max(0, ...children),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.sim.close();
    rmSync(this.#directory, { recursive: true });
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    this.asked.push(pathname);
    this.#underWay += 1;
    try {
      const response = await applicationOf(this.session)(request);
      const hold = this.#holds.get(pathname);
      this.#holds.delete(pathname);
      await hold?.(response);
      return response;
    } finally {
      this.#underWay -= 1;
    }
  }
}
