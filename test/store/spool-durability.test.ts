import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { DAY_MS } from '../../src/model/clock.ts';
import { KippuError } from '../../src/model/errors.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import type { SpoolEntry } from '../../src/model/spool.ts';
import type { DirectorySpool } from '../../src/store/spool.ts';
import { VirtualClock, settle } from '../support/virtual-clock.ts';
import { settlement } from './settlements.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { keepMany, newDirectory, open, versions, waiting } from './spool-world.ts';

test('an entry is written, then synced, and only then counts as kept', async () => {
  const disk = new SimulatedDisk();
  const reached: FaultPoint[] = [];
  const spool = open({ files: disk.files, reached });
  for (const way of ['a fresh file', 'a slot']) {
    if (way === 'a slot') await spool.prepare();
    disk.calls.length = 0;
    reached.length = 0;
    const entry = spool.keep(settlement(1));
    assert.deepEqual(disk.calls, [
      ...(way === 'a slot' ? [] : ['mkdir', 'open', 'open', 'fsync', 'close']),
      'write',
      'fdatasync',
      'close',
      'exists',
    ]);
    assert.deepEqual(reached, ['spool.written', 'spool.synced']);
    disk.calls.length = 0;
    spool.acknowledge(entry);
    assert.deepEqual(disk.calls, ['open', 'write', 'fdatasync', 'close']);
    assert.deepEqual(reached, ['spool.written', 'spool.synced', 'spool.acknowledged']);
  }
});

test('after a power cut at any moment every entry that was kept is there, and none that was never given', async () => {
  const steps = fc.array(
    fc.constantFrom('keep', 'keep', 'keep', 'acknowledge', 'prepare', 'tidy', 'fill the disk', 'a week passes'),
    { maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.nat(120),
      fc.infiniteStream(fc.boolean()),
      fc.constantFrom(50, 1000, 100_000),
      async (story, callsLeft, chances, writeMax) => {
        const disk = new SimulatedDisk();
        disk.writeMax = writeMax;
        const clock = new VirtualClock();
        const spool = open({ files: disk.files, clock });
        disk.callsLeft = callsLeft;
        const { kept, acknowledged, perhapsAcknowledged } = await play(story, { spool, disk, clock });
        const after = disk.cutPower(() => chances.next().value);
        const reopened = open({ files: after.files, clock, processId: 'p2', gone: ['p1'] });
        const found = new Map(reopened.entries().map((entry) => [entry.settlement.claim.version, entry]));
        for (const [version, given] of kept) {
          if (perhapsAcknowledged.has(version)) continue;
          assert.deepEqual(found.get(version)?.settlement, given, `entry ${version} is lost`);
          assert.equal(found.get(version)?.acknowledged, false);
        }
        for (const [version, entry] of found) {
          assert.deepEqual(entry.settlement.generation, `g${version}`);
          if (acknowledged.has(version)) assert.equal(entry.acknowledged, true);
        }
        for (const entry of found.values()) reopened.acknowledge(entry);
        assert.deepEqual(waiting(reopened), []);
        const before = after.fileNames.length;
        const damaged = reopened.damaged().length;
        reopened.tidy();
        assert.equal(reopened.damaged().length, damaged);
        assert.ok(after.fileNames.length <= before);
      },
    ),
    { numRuns: 400 },
  );
});

interface Played {
  readonly kept: Map<number, unknown>;
  readonly acknowledged: Set<number>;
  /** Also those whose acknowledgement was cut off by the end. */
  readonly perhapsAcknowledged: Set<number>;
}

/** Plays the story; from the power cut on, nothing that it asks of the disk happens. */
async function play(
  story: readonly string[],
  world: { spool: DirectorySpool; disk: SimulatedDisk; clock: VirtualClock },
): Promise<Played> {
  const { spool, disk, clock } = world;
  const played: Played = { kept: new Map(), acknowledged: new Set(), perhapsAcknowledged: new Set() };
  const entries: SpoolEntry[] = [];
  const steps: Record<string, (index: number) => unknown> = {
    keep: (index) => {
      const entry = spool.keep(settlement(index));
      entries.push(entry);
      played.kept.set(index, entry.settlement);
    },
    acknowledge: () => {
      const entry = entries.shift();
      if (entry === undefined) return;
      played.perhapsAcknowledged.add(entry.settlement.claim.version);
      spool.acknowledge(entry);
      played.acknowledged.add(entry.settlement.claim.version);
    },
    prepare: () => spool.prepare(),
    tidy: () => {
      spool.tidy();
    },
    'fill the disk': () => (disk.capacityBytes = disk.usedBytes),
    'a week passes': () => {
      clock.freeze(8 * DAY_MS);
    },
  };
  for (const [index, step] of story.entries()) {
    try {
      await steps[step]?.(index);
    } catch (error) {
      if (!(error instanceof KippuError && error.code === 'store_unavailable')) throw error;
    }
  }
  disk.callsLeft = 0;
  await spool.prepare();
  return played;
}

test(
  'a process killed at any moment loses no entry that was kept, with two processes on one directory',
  { timeout: 120_000 },
  async () => {
    const directory = newDirectory();
    const program = fileURLToPath(new URL('spool-process.ts', import.meta.url));
    const said: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const lines = await Promise.all(
        [0, 1].map((which) =>
          runAndKill([program, directory, String((round * 2 + which) * 1_000_000)], 10 + 17 * round),
        ),
      );
      said.push(...lines.flat());
    }
    const spool = open({ directory, processId: 'reader' });
    const found = new Set(versions(spool));
    assert.ok(said.length > 16 * 10);
    assert.deepEqual(
      said.filter((version) => !found.has(version)),
      [],
    );
    for (const file of spool.damaged()) assert.match(file, /\.spool$/);
  },
);

/** Runs a program, kills it with -9 once it has said so many lines, and gives back all whole lines that it said. */
function runAndKill(args: readonly string[], linesMax: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.split('\n').length > linesMax) child.kill('SIGKILL');
    });
    child.on('error', reject).on('close', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`The process ended by itself: ${signal ?? 'no signal'}`));
      resolve(output.split('\n').slice(0, -1).map(Number));
    });
  });
}

test('on a full disk the free slots are used, then the oldest acknowledged entries, then the caller hears of it', async () => {
  const disk = new SimulatedDisk();
  const spool = open({ files: disk.files });
  await spool.prepare();
  disk.capacityBytes = disk.usedBytes;
  const kept = keepMany(spool, 1, 8);
  assert.throws(() => spool.keep(settlement(9)), {
    code: 'store_unavailable',
    message: /cannot take the new tokens of con_9 \(ENOSPC\)\. Make room/,
  });
  for (const entry of [kept[4], kept[1]]) if (entry !== undefined) spool.acknowledge(entry);
  keepMany(spool, 10, 10);
  assert.deepEqual(versions(spool), [1, 3, 4, 5, 6, 7, 8, 10]);
  keepMany(spool, 11, 11);
  assert.deepEqual(waiting(spool), [1, 3, 4, 6, 7, 8, 10, 11]);
  assert.throws(() => spool.keep(settlement(12)), { code: 'store_unavailable' });
  assert.deepEqual(spool.damaged(), []);
});

test('on a full disk no acknowledged entry is given up for an answer that does not fit into its space', () => {
  const disk = new SimulatedDisk();
  const spool = open({ files: disk.files });
  spool.acknowledge(spool.keep(settlement(1)));
  disk.capacityBytes = disk.usedBytes;
  assert.throws(() => spool.keep(settlement(2, new Uint8Array(9000))), { code: 'store_unavailable' });
  assert.deepEqual(versions(spool), [1]);
});

test('on a full disk an answer that fits into no slot costs none', async () => {
  const disk = new SimulatedDisk();
  const spool = open({ files: disk.files });
  await spool.prepare();
  disk.capacityBytes = disk.usedBytes;
  assert.throws(() => spool.keep(settlement(1, new Uint8Array(60_000))), { code: 'store_unavailable' });
  keepMany(spool, 2, 9);
  assert.equal(versions(spool).length, 8);
});

test('a slot that was used is replaced by itself as soon as the disk has room', async () => {
  const disk = new SimulatedDisk();
  const spool = open({ files: disk.files });
  disk.capacityBytes = 100_000;
  await spool.prepare();
  assert.equal(disk.fileNames.length, 1);
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  spool.keep(settlement(1));
  await settle();
  assert.equal(disk.fileNames.length, 9);
});

test('a disk that writes but cannot sync is not believed', async () => {
  const disk = new SimulatedDisk();
  const spool = open({ files: disk.files });
  await spool.prepare();
  disk.failsToSync = true;
  assert.throws(() => spool.keep(settlement(1)), { code: 'store_unavailable', message: /EIO/ });
});

test('a really full disk takes answers into its slots, then over acknowledged ones, and loses none', (context) => {
  const directory = newDirectory();
  mkdirSync(directory, { recursive: true });
  const program = fileURLToPath(new URL('full-disk-process.ts', import.meta.url));
  const script = 'mount -t tmpfs -o size=1m none "$1" || exit 77; exec "$2" "$3" "$1"';
  const run = spawnSync('unshare', ['-rm', 'sh', '-c', script, 'sh', directory, process.execPath, program], {
    encoding: 'utf8',
  });
  if (run.error !== undefined || run.status === 77 || run.stderr.includes('unshare failed')) {
    context.skip('skipped, because this system does not let a user mount a small file system');
    return;
  }
  assert.equal(run.status, 0, run.stderr);
  const { untilFull, afterAcknowledging, found, damaged } = JSON.parse(run.stdout) as {
    untilFull: { kept: number[]; refusal: string };
    afterAcknowledging: { kept: number[] };
    found: number[];
    damaged: number;
  };
  assert.deepEqual(untilFull.kept, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.match(untilFull.refusal, /ENOSPC/);
  assert.deepEqual(afterAcknowledging.kept, [100, 101, 102]);
  assert.deepEqual([found, damaged], [[3, 4, 5, 6, 7, 100, 101, 102], 0]);
});
