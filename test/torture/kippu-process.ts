import { appendFileSync } from 'node:fs';
import module from 'node:module';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';

/**
 * The real command line in a process of its own, with two additions. It writes down when each commit began and when it
 * was durable, and when an answer was durable in the spool (`commit PID 1000.5 1003.2`, `spool PID 1003.2 0`; milliseconds since
 * the epoch) into the file KIPPU_TEST_TIMINGS. And it ends when whoever started it has ended.
 */
const timings = process.env['KIPPU_TEST_TIMINGS'] ?? '';
const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 1000).unref();

const exec = DatabaseSync.prototype.exec;
DatabaseSync.prototype.exec = function timed(this: DatabaseSync, sql: string): void {
  if (sql !== 'commit') {
    exec.call(this, sql);
    return;
  }
  const startedAtMs = nowMs();
  exec.call(this, sql);
  appendFileSync(timings, `commit ${process.pid} ${startedAtMs} ${nowMs()}\n`);
};

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/kippu', import.meta.url)));
const [{ main }, { SYSTEM }] = await Promise.all([import('../../src/cli/main.ts'), import('../../src/app/system.ts')]);
process.exitCode = await main(process.argv.slice(2), {
  ...SYSTEM,
  faults: {
    reach(point) {
      if (point === 'spool.synced') appendFileSync(timings, `spool ${process.pid} ${nowMs()} 0\n`);
    },
  },
});
