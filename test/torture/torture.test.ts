import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Report } from './report.ts';
import { showReport } from './show.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/torture.mjs', import.meta.url));
/** Its eight seconds have a full disk, kills of both sides, a pause, and lost answers to renewals and to posts. */
const SEED = '250';
const LOAD = ['--connections', '60', '--servers', '2', '--readers', '3'];

/**
 * A short run of what `npm run torture -- --minutes M --seed N` does for longer: real processes on one database, killed,
 * stopped and starved, and both sides' books afterwards.
 */
describe('real processes that are killed, stopped and starved', { timeout: 240_000 }, () => {
  it('lose only what no client can keep, end no grant falsely, and publish nothing twice', async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'kippu-torture-test-'));
    test.after(() => rmSync(folder, { recursive: true, force: true }));
    const { report, stderr, exitCode } = await run(
      ['--minutes', '0.134', '--seed', SEED, ...LOAD],
      folder,
      test.signal,
    );
    assert.ok(report.isGood, `${showReport(report)}\n${stderr}`);
    assert.equal(exitCode, 0);
    assert.ok(report.renewals >= 20, `only ${report.renewals} renewals: nothing was put to the test`);
    assert.ok((report.faults['kill'] ?? 0) > 0 && (report.faults['kill the provider'] ?? 0) > 0);
    assert.equal(report.renewals - report.renewalsStored, sum(report.lostByCause), 'each lost answer has its cause');
    if (report.disk === 'folder') test.diagnostic('the disk was not filled: this machine lets nobody mount one');
    else assert.ok(report.refusedWrites > 0, 'the full disk was never felt');
    test.diagnostic(
      `answers lost: ${JSON.stringify(report.lostByCause)}; window: ${JSON.stringify(report.window.all)}`,
    );
    assert.deepEqual(readdirSync(folder), [], 'something was left in the temporary folder');
  });
});

/** Five seconds each, at the same time: both sides killed, answers lost or replaced, connections revoked and taken back. */
describe('at a provider where no posts are made', { concurrency: true, timeout: 240_000 }, () => {
  for (const { provider, seed } of [
    { provider: 'github', seed: '4' },
    { provider: 'auth0', seed: '7' },
  ]) {
    it(`real processes lose only what no client can keep, and hand out nothing dead: ${provider}`, async (test) => {
      const folder = mkdtempSync(join(tmpdir(), 'kippu-torture-test-'));
      test.after(() => rmSync(folder, { recursive: true, force: true }));
      const flags = ['--provider', provider, '--minutes', '0.0834', '--seed', seed];
      const load = ['--connections', '30', '--servers', '2', '--readers', '3'];
      const { report, stderr, exitCode } = await run([...flags, ...load], folder, test.signal);
      assert.ok(report.isGood, `${showReport(report)}\n${stderr}`);
      assert.deepEqual([exitCode, report.provider, report.posts], [0, provider, undefined]);
      assert.ok(report.renewals >= 30, `only ${report.renewals} renewals: nothing was put to the test`);
      assert.ok(report.reads.served > 0 && (report.faults['kill the provider'] ?? 0) > 0);
      test.diagnostic(`answers lost: ${JSON.stringify(report.lostByCause)}; revoked: ${report.revoked}`);
      assert.deepEqual(readdirSync(folder), [], 'something was left in the temporary folder');
    });
  }
});

/**
 * Its twelve seconds have kills and a restart in good order, a pause, a node that is cut off in silence and one that is cut
 * off with resets, the end of the database with all its processes, and a clock that is set.
 */
const SEED_AT_POSTGRES = '781';

describe('three nodes of their own, at a PostgreSQL that goes away', { timeout: 300_000 }, () => {
  it('lose only what no client can keep: what came meanwhile is in their spools', async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'kippu-torture-test-'));
    test.after(() => rmSync(folder, { recursive: true, force: true }));
    // PostgreSQL may run as somebody else, who must be able to reach what is in it.
    chmodSync(folder, 0o755);
    const flags = ['--store', 'postgres', '--minutes', '0.2', '--seed', SEED_AT_POSTGRES];
    const load = ['--connections', '60', '--nodes', '3', '--readers', '3'];
    const { report, stderr, exitCode } = await run([...flags, ...load], folder, test.signal);
    assert.ok(report.isGood, `${showReport(report)}\n${stderr}`);
    assert.deepEqual([exitCode, report.store], [0, 'postgres']);
    assert.ok(report.renewals >= 20, `only ${report.renewals} renewals: nothing was put to the test`);
    for (const fault of ['kill', 'restart', 'restart the database: kill', 'cut off a node: silence', 'set a clock'])
      assert.ok((report.faults[fault] ?? 0) > 0, `never done: ${fault}`);
    assert.ok(report.throughTheSpool > 0, 'no answer was kept beside its commit');
    assert.equal(report.renewals - report.renewalsStored, sum(report.lostByCause), 'each lost answer has its cause');
    test.diagnostic(`answers lost: ${JSON.stringify(report.lostByCause)}; from the spools: ${report.carriedOver}`);
    assert.deepEqual(readdirSync(folder), [], 'something was left in the temporary folder');
  });
});

interface Run {
  readonly report: Report;
  readonly stderr: string;
  readonly exitCode: number | null;
}

async function run(flags: readonly string[], folder: string, signal: AbortSignal): Promise<Run> {
  const child = spawn(process.execPath, [SCRIPT, ...flags, '--json'], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  assert.ok(stdout.startsWith('{'), `the run gave no report:\n${stderr}`);
  return { report: JSON.parse(stdout) as Report, stderr, exitCode };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
