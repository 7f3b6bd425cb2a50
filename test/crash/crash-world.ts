import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { noFaults } from '../../src/app/ports/no-faults.ts';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { systemRandom } from '../../src/app/ports/system-random.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import { newId, type ConnectionId } from '../../src/model/ids.ts';
import type { Occurrence, Schedule } from '../../src/model/schedule.ts';
import type { Store } from '../../src/model/store.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { freePort } from '../support/free-port.ts';

const ENTRY = fileURLToPath(new URL('killed-kippu.ts', import.meta.url));
const CLIENT_ID = 'crash-tests';
/** Access tokens live twelve seconds, so that an uncertainty meets its end within the test. */
const FAST = 600;
const START_PATIENCE_MS = 30_000;

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A real `kippu up` in a directory of its own, against a simulated X that lives on. */
export class CrashWorld implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'kippu-crash-'));
  readonly #sim: Simulation;
  readonly #port: number;
  #child: ChildProcess | undefined;
  kills = 0;
  log = '';

  private constructor(sim: Simulation, port: number) {
    this.#sim = sim;
    this.#port = port;
  }

  static async create(): Promise<CrashWorld> {
    const sim = await simulate('x', { fast: FAST });
    return new CrashWorld(sim, await freePort());
  }

  get sim(): Simulation {
    return this.#sim;
  }

  get databasePath(): string {
    return join(this.directory, 'kippu.db');
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [ENTRY, 'up', '--no-sandbox'], {
      cwd: this.directory,
      env: {
        PATH: process.env['PATH'],
        KIPPU_HOME: join(this.directory, 'home'),
        KIPPU_DATABASE_URL: `sqlite:${this.databasePath}`,
        KIPPU_PORT: String(this.#port),
        KIPPU_X_CLIENT_ID: CLIENT_ID,
        KIPPU_X_BASE_URL: this.#sim.url,
        KIPPU_LATE_ANSWER: '3s',
        KIPPU_REPLAY_MARGIN: '1s',
        KIPPU_LOG_FORMAT: 'json',
        KIPPU_TEST_FAULTS: this.directory,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.log += chunk.toString('utf8');
      });
    }
    const untilMs = Date.now() + START_PATIENCE_MS;
    while (!(await this.#isReady())) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (Date.now() > untilMs) throw new Error(`kippu up did not become ready:\n${this.log}`);
      await sleep(50);
    }
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  arm(point: FaultPoint): void {
    writeFileSync(join(this.directory, `armed-${point}`), '');
  }

  wasHit(point: FaultPoint): boolean {
    return existsSync(join(this.directory, `hit-${point}`));
  }

  /** Waits for the process to be killed by itself. */
  async killed(patienceMs = 30_000): Promise<boolean> {
    const untilMs = Date.now() + patienceMs;
    while (this.isRunning && Date.now() < untilMs) await sleep(20);
    const isKilled = this.#child?.signalCode === 'SIGKILL';
    if (isKilled) this.kills += 1;
    return isKilled;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#key()}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(40_000),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.#port}/metrics`, { signal: AbortSignal.timeout(40_000) })).text();
  }

  /** Walks through a consent as a browser would; a process that dies on the way ends the walk. */
  async connect(): Promise<void> {
    const session = await this.call('POST', '/v1/connect-sessions', { provider: 'x' });
    const departure = await fetch(String(session.body['url']), { redirect: 'manual' });
    const cookie = (departure.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const back = this.#sim.consent(departure.headers.get('location') ?? '', { user: 'alice' });
    await (await fetch(back, { redirect: 'manual', headers: { cookie } })).text();
  }

  async until<T>(what: string, look: () => Promise<T | undefined>, patienceMs = 60_000): Promise<T> {
    const untilMs = Date.now() + patienceMs;
    for (;;) {
      const seen = await look().catch(() => undefined);
      if (seen !== undefined) return seen;
      if (Date.now() > untilMs) throw new Error(`never happened: ${what}\n${this.log.slice(-4000)}`);
      await sleep(200);
    }
  }

  /** Another process that writes for so long that a commit stalls and the answer must go to the spool. */
  lockDatabase(): () => void {
    const db = new DatabaseSync(this.databasePath, { timeout: 5000 });
    db.exec('begin immediate');
    return () => {
      db.exec('rollback');
      db.close();
    };
  }

  /** A schedule whose time has just come, and comes again in years. */
  async addSchedule(connectionId: ConnectionId): Promise<Schedule> {
    const nowMs = Date.now();
    const schedule: Schedule = {
      id: newId('sch', systemRandom),
      connectionId,
      version: 1,
      task: {
        kind: 'post',
        text: { kind: 'command', command: 'echo "written by a program, no. $SCHEDULE_N"' },
        madeWithAi: false,
        needsApproval: false,
      },
      cron: '0 0 29 2 *',
      timezone: 'UTC',
      missed: 'skip',
      isPaused: false,
      latestAfterMs: 3_600_000,
      nextAtMs: nowMs,
      dueAtMs: nowMs,
      made: 0,
      failures: 0,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    };
    await this.#withStore((store) => store.schedules.create(schedule));
    return schedule;
  }

  occurrences({ id }: Schedule): Promise<readonly Occurrence[]> {
    return this.#withStore((store) => store.schedules.occurrences(id, 10));
  }

  /** A schedule is left to its taker for a while; here nobody waits that long. */
  async forgetTaker({ id }: Schedule): Promise<void> {
    await this.#withStore(async ({ schedules }) => {
      const seen = await schedules.read(id);
      if (seen?.nextAtMs !== undefined && seen.version === 1) {
        await schedules.change({ next: { ...seen, version: 2, dueAtMs: seen.nextAtMs }, posts: [], reopened: [] });
      }
    });
  }

  async #withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const outside = { clock: systemClock, random: systemRandom, faults: noFaults };
    const store = await openSqliteStore({ path: this.databasePath, ...outside, migrates: false });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  /** Refresh tokens that were presented to the provider more than once. */
  presentedTwice(): number {
    return this.#sim.state().tokens.filter((token) => token.kind === 'refresh' && token.reuses > 0).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child !== undefined && this.isRunning) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await this.#sim.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #key(): string {
    const record = JSON.parse(readFileSync(join(this.directory, 'home', 'server.json'), 'utf8')) as {
      readonly key: string;
    };
    return record.key;
  }

  async #isReady(): Promise<boolean> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#port}/readyz`, { signal: AbortSignal.timeout(1000) });
      return response.ok && existsSync(join(this.directory, 'home', 'server.json'));
    } catch {
      // Not listening yet.
      return false;
    }
  }
}
