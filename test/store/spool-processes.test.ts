import assert from 'node:assert/strict';
import fs, { readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAY_MS } from '../../src/model/clock.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { settlement } from './settlements.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { keepMany, newDirectory, open, versions, waiting } from './spool-world.ts';

test("two processes see each other's entries and acknowledge them for each other", async () => {
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
  const clock = new VirtualClock('2031-01-01T00:00:00Z');
  const [elsewhere, living, observer] = ['elsewhere', 'living', 'observer'].map((processId) =>
    open({ directory, clock, processId }),
  );
  assert.ok(elsewhere && living && observer);
  await elsewhere.prepare();
  await living.prepare();
  const owners = (): Set<string | undefined> => new Set(readdirSync(directory).map((name) => name.split('.')[0]));
  await clock.advance(5 * DAY_MS);
  living.tidy();
  observer.tidy();
  assert.deepEqual(owners(), new Set(['elsewhere', 'living']));
  await clock.advance(3 * DAY_MS);
  observer.tidy();
  assert.deepEqual(owners(), new Set(['living']));
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

test('an acknowledgement repeated after a crash had left the file with a new name takes nothing back', () => {
  const spool = open();
  const entry = spool.keep(settlement(1));
  spool.acknowledge(entry);
  renameSync(entry.file, entry.file.replace(/\.[^.]+\.spool$/, `.${'y'.repeat(22)}.spool`));
  for (const found of spool.entries()) spool.acknowledge(found);
  assert.deepEqual([versions(spool), waiting(spool)], [[1], []]);
});

test("even an acknowledgement written into the new entry's own place counts for nothing if it is the old entry's", () => {
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
  const restless = open({
    directory,
    processId: 'p2',
    files: { ...fs, readdirSync: readdirAndMove as typeof fs.readdirSync },
  });
  assert.deepEqual([versions(restless), restless.damaged()], [[1], []]);
});

test('an entry that its process is just writing while another one looks is no damage', () => {
  const directory = newDirectory();
  const { file } = open({ directory }).keep(settlement(1));
  let readings = 0;
  const readEarly = (path: string): Buffer => {
    readings += 1;
    const whole = readFileSync(path);
    return readings === 1 ? whole.fill(0, 512) : whole;
  };
  const reader = open({
    directory,
    processId: 'p2',
    files: { ...fs, readFileSync: readEarly as typeof fs.readFileSync },
  });
  assert.deepEqual(
    reader.entries().map((entry) => entry.file),
    [file],
  );
});
