import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAY_MS, MINUTE_MS } from '../../src/model/clock.ts';
import { Secret } from '../../src/model/secret.ts';
import { MemorySpool } from '../../src/store/memory/spool.ts';
import { VirtualClock, settle } from '../support/virtual-clock.ts';
import { ALICE, ringEntry, vaultOf } from '../vault/rings.ts';
import { settlement } from './settlements.ts';
import { keepMany, newDirectory, open, versions, waiting } from './spool-world.ts';

for (const [kind, create] of [
  ['a spool in a directory', (clock: VirtualClock) => open({ clock })],
  ['a spool in memory', (clock: VirtualClock) => new MemorySpool(clock)],
] as const) {
  test(`${kind} gives back what it was given, whole and oldest first`, () => {
    const spool = create(new VirtualClock());
    const given = Array.from({ length: 12 }, (_, index) => settlement(index));
    const kept = given.map((each) => spool.keep(each));
    assert.deepEqual(spool.entries(), kept);
    assert.deepEqual(
      spool.entries().map((entry) => entry.settlement),
      given,
    );
    assert.deepEqual(spool.damaged(), []);
  });

  test(`${kind} has what was kept beside a commit for ten minutes more, and then forgets it by itself`, async () => {
    const clock = new VirtualClock();
    const spool = create(clock);
    const beside = spool.keep(settlement(1), { isBeside: true });
    const unacknowledged = spool.keep(settlement(2), { isBeside: true });
    const inItsPlace = spool.keep(settlement(3));
    assert.deepEqual(
      spool.entries().map(({ isBeside }) => isBeside),
      [true, true, false],
    );
    for (const entry of [beside, inItsPlace]) spool.acknowledge(entry);
    await clock.advance(10 * MINUTE_MS - 1);
    spool.keep(settlement(4), { isBeside: true });
    spool.tidy();
    assert.deepEqual(versions(spool), [1, 2, 3, 4]);
    await clock.advance(10);
    spool.keep(settlement(5), { isBeside: true });
    assert.deepEqual(versions(spool), [2, 3, 4, 5], 'without a worker that tidies');
    assert.ok(waiting(spool).includes(unacknowledged.settlement.claim.version));
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
  for (const form of [
    canary,
    ...[0, 1, 2].map((skip) => base64Inside(canary, skip)),
    Buffer.from(canary).toString('hex'),
    key.slice(6),
  ]) {
    assert.equal(
      onDisk.some((bytes) => bytes.includes(form)),
      false,
      form,
    );
  }
  const [entry] = open({ directory, processId: 'p2' }).entries();
  assert.equal(
    vaultOf(key)
      .open(ALICE, entry?.settlement.sealed ?? new Uint8Array())
      .reveal(),
    plaintext,
  );
});

/** How a text looks in base64 when so many bytes stand before it, without the letters at its ends that depend on others. */
function base64Inside(text: string, skip: number): string {
  return Buffer.from('x'.repeat(skip) + text)
    .toString('base64')
    .slice(skip === 0 ? 0 : 4, -4);
}

test(
  'only the user who runs Kippu may look into the spool',
  { skip: process.platform === 'win32' && 'skipped, because Windows has no modes' },
  async () => {
    const directory = newDirectory();
    const spool = open({ directory });
    await spool.prepare();
    const { file } = spool.keep(settlement(1, new Uint8Array(100_000)));
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    for (const name of readdirSync(directory)) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
  },
);

test(
  'a slot is really allocated, not a hole',
  { skip: process.platform === 'win32' && 'skipped, because Windows does not count blocks' },
  async () => {
    const directory = newDirectory();
    await open({ directory }).prepare();
    for (const name of readdirSync(directory)) {
      const { size, blocks } = statSync(join(directory, name));
      assert.ok(blocks * 512 >= size && size === 65_536);
    }
  },
);

test('a closed spool leaves its entries and no free slots, and makes no more', async () => {
  const directory = newDirectory();
  const spool = open({ directory });
  await spool.prepare();
  spool.keep(settlement(1));
  await spool.close();
  await settle();
  assert.equal(readdirSync(directory).length, 1);
  assert.deepEqual(versions(spool), [1]);
});

test('a process that never prepares leaves no slots behind', async () => {
  const directory = newDirectory();
  open({ directory }).keep(settlement(1));
  await settle();
  assert.equal(readdirSync(directory).length, 1);
});

test('a spool that cannot be made says which directory, and what to do', () => {
  const directory = newDirectory();
  mkdirSync(join(directory, '..'), { recursive: true });
  writeFileSync(directory, 'a file');
  assert.throws(() => open({ directory }), {
    code: 'store_unavailable',
    message: /The spool .* cannot be made \(EEXIST\)\. Make room/,
  });
});
