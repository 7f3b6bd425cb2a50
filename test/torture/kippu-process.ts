import { appendFileSync } from 'node:fs';
import module from 'node:module';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { actAsMachine } from './machine.ts';

/**
 * The real command line in a process of its own, with three additions. It writes down when each commit began and when it
 * was durable, when an answer was durable in the spool, and when one was brought to the store from there (`commit PID 1000.5
 * 1003.2`, `spool PID 1003.2 0`, `reapplied PID 1003.2 0`; milliseconds since the epoch) into the file KIPPU_TEST_TIMINGS. With
 * KIPPU_TEST_MACHINE it acts as if it were on that machine, whose clock is off by what KIPPU_TEST_CLOCK says. And it ends when
 * whoever started it has ended.
 */
const timings = process.env['KIPPU_TEST_TIMINGS'] ?? '';
const machine = process.env['KIPPU_TEST_MACHINE'];
const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 1000).unref();

if (machine === undefined) timeSqlite();
else {
  actAsMachine(machine, process.env['KIPPU_TEST_CLOCK'] ?? '');
  await timePostgres();
}

module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/kippu', import.meta.url)));
const [{ main }, { SYSTEM }] = await Promise.all([import('../../src/cli/main.ts'), import('../../src/app/system.ts')]);
process.exitCode = await main(process.argv.slice(2), {
  ...SYSTEM,
  faults: {
    reach(point) {
      if (point === 'spool.synced') note('spool', nowMs(), 0);
      if (point === 'spool.reapplied') note('reapplied', nowMs(), 0);
    },
  },
});

function timeSqlite(): void {
  const exec = DatabaseSync.prototype.exec;
  DatabaseSync.prototype.exec = function timed(this: DatabaseSync, sql: string): void {
    if (sql !== 'commit') {
      exec.call(this, sql);
      return;
    }
    const startedAtMs = nowMs();
    exec.call(this, sql);
    note('commit', startedAtMs, nowMs());
  };
}

async function timePostgres(): Promise<void> {
  const { default: pg } = await import('pg');
  const query = pg.Client.prototype.query as (this: unknown, ...args: unknown[]) => unknown;
  const timed = function (this: unknown, ...args: unknown[]): unknown {
    const answer = query.apply(this, args);
    const [asked] = args;
    const isCommit = typeof asked === 'object' && asked !== null && 'text' in asked && asked.text === 'commit';
    if (!isCommit || !(answer instanceof Promise)) return answer;
    const startedAtMs = nowMs();
    return answer.then((result: unknown) => {
      note('commit', startedAtMs, nowMs());
      return result;
    });
  };
  Object.assign(pg.Client.prototype, { query: timed });
}

/** Whatever the clock of the machine is said to be, this one is right. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function note(kind: 'commit' | 'spool' | 'reapplied', fromMs: number, toMs: number): void {
  appendFileSync(timings, `${kind} ${process.pid} ${fromMs} ${toMs}\n`);
}
