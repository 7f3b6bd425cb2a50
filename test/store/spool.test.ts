import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs, { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { DAY_MS } from '../../src/model/clock.ts';
import { KippuError } from '../../src/model/errors.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Spool, SpoolEntry } from '../../src/model/spool.ts';
import type { FileCalls } from '../../src/store/durable-file.ts';
import { MemorySpool } from '../../src/store/memory/spool.ts';
import { openSpool, type DirectorySpool } from '../../src/store/spool.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { ALICE, ringEntry, vaultOf } from '../vault/rings.ts';
import { random, settlement } from './settlements.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const temporary = mkdtempSync(join(tmpdir(), 'kippu-spool-'));
after(() => {
  rmSync(temporary, { recursive: true });
});
let directories = 0;

function newDirectory(): string {
  directories += 1;
  return join(temporary, String(directories), 'spool');
}

interface Opening {
  readonly directory?: string;
  readonly clock?: VirtualClock;
  readonly processId?: string;
  readonly gone?: readonly string[];
  readonly reached?: FaultPoint[];
  readonly files?: FileCalls;
}

function open({ directory = newDirectory(), clock = new VirtualClock(), processId = 'p1', gone = [], reached = [], files }: Opening = {}): DirectorySpool {
  return openSpool({
    ...{ directory, clock, random, processId },
    faults: { reach: (point) => reached.push(point) },
    isProcessGone: (id) => gone.includes(id),
    ...(files === undefined ? {} : { files }),
  });
}

function versions(spool: Spool): readonly number[] {
  return spool.entries().map((entry) => entry.settlement.claim.version);
}

function waiting(spool: Spool): readonly number[] {
  return spool.entries().filter(({ acknowledged }) => !acknowledged).map((entry) => entry.settlement.claim.version);
}

function keepMany(spool: Spool, from: number, to: number): SpoolEntry[] {
  return Array.from({ length: to - from + 1 }, (_, offset) => spool.keep(settlement(from + offset)));
}

// What every spool does.
for (const [kind, create] of [
  ['a spool in a directory', (clock: VirtualClock) => open({ clock })],
  ['a spool in memory', (clock: VirtualClock) => new MemorySpool(clock)],
] as const) {
  test(`${kind} gives back what it was given, whole and oldest first`, () => {
    const spool = create(new VirtualClock());
    const given = Array.from({ length: 12 }, (_, index) => settlement(index));
    const kept = given.map((each) => spool.keep(each));
    assert.deepEqual(spool.entries(), kept);
    assert.deepEqual(spool.entries().map((entry) => entry.settlement), given);
    assert.deepEqual(spool.damaged(), []);
  });

  test(`${kind} counts an acknowledged entry as waiting no longer, and has it for a week more`, async () => {
    const clock = new VirtualClock();
    const spool = create(clock);
    const [first] = keepMany(spool, 1, 2);
    assert.ok(first);
    spool.acknowledge(first);
    spool.acknowledge(first);
    assert.deepEqual([versions(spool), waiting(spool)], [[1, 2], [2]]);
    await clock.advance(7 * DAY_MS);
    spool.tidy();
    assert.deepEqual(versions(spool), [1, 2]);
    await clock.advance(1);
    spool.tidy();
    assert.deepEqual(versions(spool), [2]);
  });

  test(`${kind} never removes an entry that waits, however old`, async () => {
    const clock = new VirtualClock();
    const spool = create(clock);
    spool.keep(settlement(1));
    await clock.advance(1000 * DAY_MS);
    spool.tidy();
    assert.deepEqual(waiting(spool), [1]);
  });

  test(`${kind} ignores the acknowledgement of an entry that is gone`, async () => {
    const clock = new VirtualClock();
    const spool = create(clock);
    const entry = spool.keep(settlement(1));
    spool.acknowledge(entry);
    await clock.advance(8 * DAY_MS);
    spool.tidy();
    spool.acknowledge(entry);
    assert.deepEqual(versions(spool), []);
  });
}

test('entries of one process keep their order when the wall clock is set back', () => {
  const clock = new VirtualClock();
  const spool = open({ clock });
  spool.keep(settlement(1));
  clock.setWallClock(clock.nowMs() - DAY_MS);
  keepMany(spool, 2, 3);
  assert.deepEqual(versions(spool), [1, 2, 3]);
});

test('an entry, and its acknowledgement, are still there after a restart', () => {
  const directory = newDirectory();
  const first = open({ directory, processId: 'p1' });
  const [one] = keepMany(first, 1, 2);
  assert.ok(one);
  first.acknowledge(one);
  const second = open({ directory, processId: 'p2', gone: ['p1'] });
  assert.deepEqual([versions(second), waiting(second)], [[1, 2], [2]]);
  for (const entry of second.entries()) second.acknowledge(entry);
  assert.deepEqual(waiting(first), []);
});

test('an answer larger than a slot is kept all the same', async () => {
  const spool = open();
  await spool.prepare();
  const large = settlement(1, new Uint8Array(300_000).fill(7));
  spool.keep(large);
  assert.deepEqual(spool.entries()[0]?.settlement, large);
});

// Durability.

test('an entry is written, then synced, and only then counts as kept', async () => {
  const disk = new SimulatedDisk();
  const reached: FaultPoint[] = [];
  const spool = open({ files: disk.files, reached });
  for (const way of ['a fresh file', 'a slot']) {
    if (way === 'a slot') await spool.prepare();
    disk.calls.length = 0;
    reached.length = 0;
    const entry = spool.keep(settlement(1));
    assert.deepEqual(disk.calls, [...(way === 'a slot' ? [] : ['mkdir', 'open', 'open', 'fsync', 'close']), 'write', 'fdatasync', 'close', 'exists']);
    assert.deepEqual(reached, ['spool.written', 'spool.synced']);
    disk.calls.length = 0;
    spool.acknowledge(entry);
    assert.deepEqual(disk.calls, ['open', 'write', 'fdatasync', 'close']);
    assert.deepEqual(reached, ['spool.written', 'spool.synced', 'spool.acknowledged']);
  }
});

test('after a power cut at any moment every entry that was kept is there, and none that was never given', async () => {
  const steps = fc.array(fc.constantFrom('keep', 'keep', 'keep', 'acknowledge', 'prepare', 'tidy', 'fill the disk', 'a week passes'), { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(120), fc.infiniteStream(fc.boolean()), fc.constantFrom(50, 1000, 100_000), async (story, callsLeft, chances, writeMax) => {
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
      const before = after.fileNames.length;
      const damaged = reopened.damaged().length;
      reopened.tidy();
      assert.equal(reopened.damaged().length, damaged);
      assert.ok(after.fileNames.length <= before);
    }),
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
async function play(story: readonly string[], world: { spool: DirectorySpool; disk: SimulatedDisk; clock: VirtualClock }): Promise<Played> {
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

test('a process killed at any moment loses no entry that was kept, with two processes on one directory', { timeout: 120_000 }, async () => {
  const directory = newDirectory();
  const program = fileURLToPath(new URL('spool-process.ts', import.meta.url));
  const said: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    const lines = await Promise.all([0, 1].map((which) => runAndKill([program, directory, String((round * 2 + which) * 1_000_000)], 10 + 17 * round)));
    said.push(...lines.flat());
  }
  const spool = open({ directory, processId: 'reader' });
  const found = new Set(versions(spool));
  assert.ok(said.length > 16 * 10);
  assert.deepEqual(said.filter((version) => !found.has(version)), []);
  for (const file of spool.damaged()) assert.match(file, /\.spool$/);
});

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

// A full disk.

test('on a full disk the free slots are used, then the oldest acknowledged entries, then the caller hears of it', async () => {
  const disk = new SimulatedDisk();
  const spool = open({ files: disk.files });
  await spool.prepare();
  disk.capacityBytes = disk.usedBytes;
  const kept = keepMany(spool, 1, 8);
  assert.throws(() => spool.keep(settlement(9)), { code: 'store_unavailable', message: /cannot take the new tokens of con_9 \(ENOSPC\)\. Make room/ });
  for (const entry of [kept[4], kept[1]]) if (entry !== undefined) spool.acknowledge(entry);
  keepMany(spool, 10, 10);
  assert.deepEqual(versions(spool), [1, 3, 4, 5, 6, 7, 8, 10]);
  keepMany(spool, 11, 11);
  assert.deepEqual(waiting(spool), [1, 3, 4, 6, 7, 8, 10, 11]);
  assert.throws(() => spool.keep(settlement(12)), { code: 'store_unavailable' });
  assert.deepEqual(spool.damaged(), []);
});

test('slots are made again as soon as the disk has room', async () => {
  const disk = new SimulatedDisk();
  const spool = open({ files: disk.files });
  disk.capacityBytes = 100_000;
  await spool.prepare();
  assert.equal(disk.fileNames.length, 1);
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  spool.keep(settlement(1));
  await new Promise((resolve) => setImmediate(resolve));
  await spool.prepare();
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
  const run = spawnSync('unshare', ['-rm', 'sh', '-c', script, 'sh', directory, process.execPath, program], { encoding: 'utf8' });
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

// Damage.

test('an entry in which any byte was altered is reported and stays, unless the byte is the acknowledgement\'s', () => {
  const spool = open();
  const { file } = spool.keep(settlement(1, new Uint8Array(40).fill(3)));
  const whole = readFileSync(file);
  for (let at = 0; at < 80 + whole.readUInt32BE(12); at += 1) {
    const altered = Buffer.from(whole);
    altered[at] = (altered[at] ?? 0) ^ 0x20;
    writeFileSync(file, altered);
    const isAcknowledgement = at >= 32 && at < 48;
    assert.deepEqual(waiting(spool), isAcknowledgement ? [1] : [], `byte ${at}`);
    assert.deepEqual(spool.damaged(), isAcknowledgement ? [] : [file], `byte ${at}`);
  }
  spool.tidy();
  assert.deepEqual(readdirSync(join(file, '..')), [basename(file)]);
});

test('an entry cut off at any length is reported and stays', () => {
  const spool = open();
  const { file } = spool.keep(settlement(1, new Uint8Array(40).fill(3)));
  const whole = readFileSync(file);
  for (let length = 1; length < 80 + whole.readUInt32BE(12); length += 1) {
    writeFileSync(file, whole.subarray(0, length));
    assert.deepEqual([spool.entries(), spool.damaged()], [[], [file]], `cut to ${length} bytes`);
  }
});

test('one damaged entry does not hide the others', () => {
  const spool = open();
  const [one] = keepMany(spool, 1, 3);
  assert.ok(one);
  writeFileSync(one.file, 'KIPPUspl but nothing else of it');
  assert.deepEqual([versions(spool), spool.damaged()], [[2, 3], [one.file]]);
});

test('an entry of a newer format is reported, not guessed at, and stays', () => {
  const spool = open();
  const { file } = spool.keep(settlement(1));
  const newer = readFileSync(file);
  newer.writeUInt32BE(2, 8);
  writeFileSync(file, newer);
  assert.deepEqual([spool.entries(), spool.damaged()], [[], [file]]);
});

test('what has the name of an entry and cannot be read is reported and hides no other', () => {
  const directory = newDirectory();
  const spool = open({ directory });
  spool.keep(settlement(1));
  const unreadable = join(directory, `p1.${'x'.repeat(22)}.spool`);
  mkdirSync(unreadable);
  assert.deepEqual([versions(spool), spool.damaged()], [[1], [unreadable]]);
});

test('files that are not the spool\'s are left alone', () => {
  const directory = newDirectory();
  const spool = open({ directory });
  for (const name of ['lost+found', '.DS_Store', 'p1.spool', 'p1.tooshort.spool']) writeFileSync(join(directory, name), 'x');
  spool.keep(settlement(1));
  spool.tidy();
  assert.deepEqual([versions(spool), spool.damaged(), readdirSync(directory).length], [[1], [], 5]);
});

// Several processes.

test('two processes see each other\'s entries and acknowledge them for each other', async () => {
  const directory = newDirectory();
  const [one, two] = [open({ directory, processId: 'p1' }), open({ directory, processId: 'p2' })];
  await one.prepare();
  await two.prepare();
  one.keep(settlement(1));
  two.keep(settlement(2));
  assert.deepEqual(new Set(versions(one)), new Set([1, 2]));
  for (const entry of one.entries()) one.acknowledge(entry);
  assert.deepEqual([waiting(one), waiting(two)], [[], []]);
});

test('free slots of a dead process are removed, of a living one they are not', async () => {
  const directory = newDirectory();
  for (const processId of ['dead', 'alive']) await open({ directory, processId }).prepare();
  open({ directory, processId: 'dead' }).keep(settlement(1));
  const spool = open({ directory, processId: 'p3', gone: ['dead'] });
  spool.tidy();
  const owners = readdirSync(directory).map((name) => name.split('.')[0]);
  assert.equal(owners.filter((owner) => owner === 'alive').length, 8);
  assert.equal(owners.filter((owner) => owner === 'dead').length, 1);
  assert.deepEqual(versions(spool), [1]);
});

test('free slots that nobody has touched for a week are removed, whoever made them', async () => {
  const directory = newDirectory();
  const clock = new VirtualClock();
  const [elsewhere, here] = [open({ directory, clock, processId: 'elsewhere' }), open({ directory, clock, processId: 'here' })];
  await elsewhere.prepare();
  await here.prepare();
  await clock.advance(5 * DAY_MS);
  here.tidy();
  await clock.advance(3 * DAY_MS);
  here.tidy();
  assert.deepEqual(new Set(readdirSync(directory).map((name) => name.split('.')[0])), new Set(['here']));
});

test('an answer never goes into a slot that somebody has removed', async () => {
  const directory = newDirectory();
  const spool = open({ directory });
  await spool.prepare();
  for (const name of readdirSync(directory)) unlinkSync(join(directory, name));
  spool.keep(settlement(1));
  assert.deepEqual(versions(open({ directory, processId: 'p2' })), [1]);
});

test('an answer is kept even when the whole directory was removed', async () => {
  const directory = newDirectory();
  const spool = open({ directory });
  await spool.prepare();
  rmSync(directory, { recursive: true });
  spool.keep(settlement(1));
  assert.deepEqual(versions(open({ directory, processId: 'p2' })), [1]);
});

test('an acknowledgement that comes after the space was given to another entry acknowledges nothing', async () => {
  const disk = new SimulatedDisk();
  const [one, two] = [open({ files: disk.files, processId: 'p1' }), open({ files: disk.files, processId: 'p2' })];
  one.keep(settlement(1));
  const [seenByTwo] = two.entries();
  assert.ok(seenByTwo);
  one.acknowledge(seenByTwo);
  disk.capacityBytes = disk.usedBytes;
  one.keep(settlement(2));
  two.acknowledge(seenByTwo);
  assert.deepEqual([versions(two), waiting(two)], [[2], [2]]);
});

test('even an acknowledgement written into the new entry\'s own place counts for nothing if it is the old entry\'s', () => {
  const spool = open();
  const [one, two] = keepMany(spool, 1, 2);
  assert.ok(one && two);
  spool.acknowledge(one);
  const [first, second] = [readFileSync(one.file), readFileSync(two.file)];
  first.copy(second, 32, 32, 48);
  writeFileSync(two.file, second);
  assert.deepEqual(waiting(spool), [2]);
});

test('on a full disk a process leaves alone what a living other one has, and takes over from a dead one', async () => {
  const disk = new SimulatedDisk();
  const other = open({ files: disk.files, processId: 'other' });
  other.acknowledge(other.keep(settlement(1)));
  disk.capacityBytes = disk.usedBytes;
  assert.throws(() => open({ files: disk.files }).keep(settlement(2)), { code: 'store_unavailable' });
  const heir = open({ files: disk.files, gone: ['other'] });
  heir.keep(settlement(2));
  assert.deepEqual(waiting(heir), [2]);
});

test('files that vanish while they are read are no damage, and what got another name is found under it', () => {
  const directory = newDirectory();
  const spool = open({ directory });
  const [one, two] = keepMany(spool, 1, 2);
  assert.ok(one && two);
  let listings = 0;
  const readdirAndMove = (path: string): string[] => {
    const names = readdirSync(path);
    listings += 1;
    if (listings > 1) return names;
    renameSync(one.file, one.file.replace('p1.', 'p9.'));
    unlinkSync(two.file);
    return names;
  };
  const restless = open({ directory, processId: 'p2', files: { ...fs, readdirSync: readdirAndMove as typeof fs.readdirSync } });
  assert.deepEqual([versions(restless), restless.damaged()], [[1], []]);
});

// Secrets and permissions.

test('nothing but sealed bytes is on the disk: the tokens in them are found in no form', async () => {
  const directory = newDirectory();
  const spool = open({ directory });
  await spool.prepare();
  const canary = 'rt-canary-73c1e5';
  const key = ringEntry('2026b');
  const plaintext = JSON.stringify({ refresh_token: canary, raw: `{"refresh_token":"${canary}"}` });
  const given = settlement(1, vaultOf(key).seal(ALICE, new Secret(plaintext)));
  spool.keep(given);
  const onDisk = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
  for (const form of [canary, ...[0, 1, 2].map((skip) => base64Inside(canary, skip)), Buffer.from(canary).toString('hex'), key.slice(6)]) {
    assert.equal(onDisk.some((bytes) => bytes.includes(form)), false, form);
  }
  const [entry] = open({ directory, processId: 'p2' }).entries();
  assert.equal(vaultOf(key).open(ALICE, entry?.settlement.sealed ?? new Uint8Array()).reveal(), plaintext);
});

/** How a text looks in base64 when so many bytes stand before it, without the letters at its ends that depend on others. */
function base64Inside(text: string, skip: number): string {
  return Buffer.from('x'.repeat(skip) + text).toString('base64').slice(skip === 0 ? 0 : 4, -4);
}

test('only the user who runs Kippu may look into the spool', { skip: process.platform === 'win32' && 'skipped, because Windows has no modes' }, async () => {
  const directory = newDirectory();
  const spool = open({ directory });
  await spool.prepare();
  const { file } = spool.keep(settlement(1, new Uint8Array(100_000)));
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  for (const name of readdirSync(directory)) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
});

test('a slot is really allocated, not a hole', { skip: process.platform === 'win32' && 'skipped, because Windows does not count blocks' }, async () => {
  const directory = newDirectory();
  await open({ directory }).prepare();
  for (const name of readdirSync(directory)) {
    const { size, blocks } = statSync(join(directory, name));
    assert.ok(blocks * 512 >= size && size === 65_536);
  }
});

test('a closed spool leaves its entries and no free slots', async () => {
  const directory = newDirectory();
  const spool = open({ directory });
  await spool.prepare();
  spool.keep(settlement(1));
  await spool.close();
  assert.deepEqual(readdirSync(directory).length, 1);
  assert.deepEqual(versions(spool), [1]);
});

test('a spool that cannot be made says which directory, and what to do', () => {
  const directory = newDirectory();
  mkdirSync(join(directory, '..'), { recursive: true });
  writeFileSync(directory, 'a file');
  assert.throws(() => open({ directory }), { code: 'store_unavailable', message: /The spool .* cannot be made \(EEXIST\)\. Make room/ });
});
