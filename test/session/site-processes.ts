import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';

const ENTRY = fileURLToPath(new URL('child-site.ts', import.meta.url));
const PUBLIC_URL = 'http://127.0.0.1:4000';
const PATIENCE_MS = 20_000;

export interface ChildOptions {
  readonly name: string;
  readonly directory: string;
  readonly publicUrl: string;
  readonly providerUrl: string;
  readonly aheadMs: number;
}

/** To a process: how far its clock is ahead of the machine's. */
export interface Wish {
  readonly aheadMs: number;
}

export type Told =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'moved' }
  | { readonly kind: 'reuse'; readonly handle: string | undefined };

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly location: string | null;
  readonly setCookies: readonly string[];
}

/** Several real processes of one application with one ledger, at a simulated X that outlives them. */
export class SiteProcesses implements AsyncDisposable {
  readonly sim: Simulation;
  readonly reuses: (string | undefined)[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'kippu-processes-'));
  readonly #running = new Set<SiteProcess>();
  #aheadMs = 0;
  #started = 0;

  private constructor(sim: Simulation) {
    this.sim = sim;
  }

  static async open(): Promise<SiteProcesses> {
    const clients = [{ id: 'app', secret: 'secret' }];
    return new SiteProcesses(await simulate('x', { clients, settings: { rateLimits: {} } }));
  }

  async start(): Promise<SiteProcess> {
    this.#started += 1;
    const options: ChildOptions = {
      name: `p${this.#started}`,
      directory: this.#directory,
      publicUrl: PUBLIC_URL,
      providerUrl: this.sim.url,
      aheadMs: this.#aheadMs,
    };
    const child = fork(ENTRY, [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.on('message', (told: Told) => {
      if (told.kind === 'reuse') this.reuses.push(told.handle);
    });
    const { port } = await heard(child, 'listening');
    const started = new SiteProcess(child, options, port);
    this.#running.add(started);
    child.once('exit', () => this.#running.delete(started));
    return started;
  }

  /** Puts every clock forward, the provider's too. */
  async advance(ms: number): Promise<void> {
    this.#aheadMs += ms;
    this.sim.advance(ms);
    await Promise.all([...this.#running].map((each) => each.moveTo(this.#aheadMs)));
  }

  browser(): Jar {
    return new Jar();
  }

  /** The user's way to the provider and back to the address that it gives. */
  async consent(at: SiteProcess, jar: Jar, user = 'alice'): Promise<string> {
    const { location } = await jar.ask(at, '/auth/login/x?return_to=/');
    const { pathname, search } = new URL(this.sim.consent(location ?? '', { user }));
    return pathname + search;
  }

  async signIn(at: SiteProcess, user = 'alice'): Promise<Jar> {
    const jar = this.browser();
    const { status } = await jar.ask(at, await this.consent(at, jar, user));
    if (status !== 303) throw new Error(`The sign-in ended with ${status}.`);
    return jar;
  }

  get books(): { readonly exchanges: number; readonly presentedTwice: number; readonly codesReplayed: number } {
    const { renewals: exchanges, presentedTwice, codesReplayed } = this.sim.state().counts;
    return { exchanges, presentedTwice, codesReplayed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = [...this.#running];
    await Promise.all(running.map((each) => each.kill()));
    await this.sim.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export class SiteProcess {
  readonly #child: ChildProcess;
  readonly #options: ChildOptions;
  readonly url: string;

  constructor(child: ChildProcess, options: ChildOptions, port: number) {
    this.#child = child;
    this.#options = options;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** It kills itself at this point. */
  arm(point: FaultPoint): void {
    writeFileSync(this.#file('armed', point), '');
  }

  wasHit(point: FaultPoint): boolean {
    return existsSync(this.#file('hit', point));
  }

  async moveTo(aheadMs: number): Promise<void> {
    const moved = heard(this.#child, 'moved');
    this.#child.send({ aheadMs } satisfies Wish);
    await moved;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Waits for the process to end by itself. */
  async ended(): Promise<NodeJS.Signals | null> {
    const untilMs = Date.now() + PATIENCE_MS;
    while (this.#child.exitCode === null && this.#child.signalCode === null) {
      if (Date.now() > untilMs) throw new Error('The process did not end.');
      await sleep(10);
    }
    return this.#child.signalCode;
  }

  #file(what: string, point: FaultPoint): string {
    return join(this.#options.directory, `${what}-${this.#options.name}-${point}`);
  }
}

/** A browser's cookies, as far as several processes behind one address can tell. */
export class Jar {
  readonly cookies = new Map<string, string>();

  copy(): Jar {
    const other = new Jar();
    for (const [name, value] of this.cookies) other.cookies.set(name, value);
    return other;
  }

  /** Asks a process; what it says of cookies is stored unless `keeps` is `false`. */
  async ask(
    { url }: SiteProcess,
    path: string,
    { method = 'GET', keeps = true }: { readonly method?: string; readonly keeps?: boolean } = {},
  ): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: cookie === '' ? {} : { cookie },
      signal: AbortSignal.timeout(PATIENCE_MS * 2),
    });
    const setCookies = response.headers.getSetCookie();
    if (keeps) this.store(setCookies);
    return {
      status: response.status,
      text: await response.text(),
      location: response.headers.get('location'),
      setCookies,
    };
  }

  store(setCookies: readonly string[]): void {
    for (const line of setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

function heard<K extends Told['kind']>(child: ChildProcess, kind: K): Promise<Extract<Told, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const listen = (told: Told): void => {
      if (told.kind !== kind) return;
      child.off('message', listen);
      child.off('exit', fail);
      resolve(told as Extract<Told, { kind: K }>);
    };
    const fail = (): void => {
      reject(new Error(`The process ended before it said "${kind}".`));
    };
    child.on('message', listen);
    child.once('exit', fail);
  });
}
