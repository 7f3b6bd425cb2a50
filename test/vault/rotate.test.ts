import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RenewedSettlement } from '../../src/model/credential-store.ts';
import { KippuError } from '../../src/model/errors.ts';
import type { SealedRow } from '../../src/model/home-store.ts';
import type { ProviderAppId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import { MemorySpool } from '../../src/store/memory/spool.ts';
import { createHomeKeys, openHomeKeys } from '../../src/vault/key-check.ts';
import { rotateVault, type RotationReport } from '../../src/vault/rotate.ts';
import { vaultStatus } from '../../src/vault/status.ts';
import type { RingVault } from '../../src/vault/vault.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { FileHomeStore } from './file-home-store.ts';
import { errorOf, printed, random, ringEntry, vaultOf } from './rings.ts';

const directory = mkdtempSync(join(tmpdir(), 'kippu-rotate-'));
after(() => {
  rmSync(directory, { recursive: true });
});

const OLD = ringEntry('2026a');
const NEW = ringEntry('2026b');
const ROWS = 10;
let stores = 0;

interface World {
  readonly file: string;
  readonly store: FileHomeStore;
  readonly fingerprintKey: string;
}

/** A store with its own keys and ten values in three tables, all sealed with the old key. */
function oldStore(): World {
  stores += 1;
  const file = join(directory, `${stores}.json`);
  const store = new FileHomeStore(file);
  const vault = vaultOf(OLD);
  const home = createHomeKeys(vault, random);
  store.found(home);
  for (let index = 0; index < ROWS; index += 1) store.put(sealedRow(index, vault));
  return { file, store, fingerprintKey: openHomeKeys(vault, home).reveal() };
}

function sealedRow(index: number, vault: RingVault): SealedRow {
  const tables = ['credentials', 'orphans', 'consents'] as const;
  const table = tables[index % 3] ?? 'credentials';
  const row = {
    ...{
      table,
      rowId: `row_${index}`,
      bindingTable: table === 'orphans' ? 'credentials' : table,
      bindingRowId: `bound_${index}`,
    },
    ...{ providerAppId: 'app_x' as ProviderAppId, owner: `owner ${index}`, generation: `g${index}` },
  } as const;
  const binding = {
    table: row.bindingTable,
    rowId: row.bindingRowId,
    providerAppId: row.providerAppId,
    owner: row.owner,
    generation: row.generation,
  };
  return { ...row, sealed: vault.seal(binding, new Secret(`token-canary-${index}`)) };
}

function tokenIn(row: SealedRow, vault: RingVault): string {
  const binding = {
    table: row.bindingTable,
    rowId: row.bindingRowId,
    providerAppId: row.providerAppId,
    owner: row.owner,
    generation: row.generation,
  };
  return vault.open(binding, row.sealed).reveal();
}

function rotate(store: FileHomeStore, ...ring: string[]): Promise<RotationReport> {
  return rotateVault({ home: store.port, vault: vaultOf(...ring), random, pageSize: 4 });
}

function assertOpensWithNewKeyAlone({ store, fingerprintKey }: World): void {
  const vault = vaultOf(NEW);
  const { rows, home } = store.content();
  assert.equal(openHomeKeys(vault, home).reveal(), fingerprintKey);
  assert.deepEqual(
    new Set(rows.map((row) => tokenIn(row, vault))),
    new Set(Array.from({ length: ROWS }, (_, index) => `token-canary-${index}`)),
  );
}

test('after a rotation everything opens with the new key alone, and the fingerprint key is the same', async () => {
  const world = oldStore();
  const before = world.store.content().rows.map(({ generation }) => generation);
  assert.deepEqual(await rotate(world.store, NEW, OLD), {
    resealed: ROWS + 2,
    already: 0,
    unreadable: [],
    unreadableCount: 0,
    stillNeeded: [],
  });
  assertOpensWithNewKeyAlone(world);
  assert.equal(
    world.store.content().rows.some(({ generation }) => before.includes(generation)),
    false,
  );
});

test('a second rotation finds nothing to do', async () => {
  const { store } = oldStore();
  await rotate(store, NEW, OLD);
  const report = await rotate(store, NEW);
  assert.deepEqual({ resealed: report.resealed, already: report.already }, { resealed: 0, already: ROWS + 2 });
});

test('progress is told after each page', async () => {
  const { store } = oldStore();
  const seen: number[] = [];
  await rotateVault({
    home: store.port,
    vault: vaultOf(NEW, OLD),
    random,
    pageSize: 4,
    onProgress: ({ resealed }) => seen.push(resealed),
  });
  assert.deepEqual(seen, [4, 7, 10]);
});

test('a rotation killed at any of its writes goes on where it stopped, and loses nothing', { timeout: 120_000 }, () => {
  const program = fileURLToPath(new URL('rotation-process.ts', import.meta.url));
  for (const moment of ['before', 'after']) {
    const world = oldStore();
    let deaths = 0;
    for (;;) {
      const run = spawnSync(process.execPath, [program, world.file, `${NEW},${OLD}`, moment, '3'], {
        encoding: 'utf8',
      });
      if (run.status === 0) break;
      assert.equal(run.signal, 'SIGKILL', run.stderr);
      deaths += 1;
      // Whatever the moment, the old ring and the new one together open everything.
      const vault = vaultOf(NEW, OLD);
      assert.equal(
        world.store.content().rows.filter((row) => tokenIn(row, vault).startsWith('token-canary-')).length,
        ROWS,
      );
    }
    assert.ok(deaths >= 3, `it died ${deaths} times`);
    assertOpensWithNewKeyAlone(world);
  }
});

test('until a rotation is complete, a ring without the old key is refused at start', async () => {
  for (let failing = 1; failing <= ROWS + 2; failing += 1) {
    const { file, store } = oldStore();
    let writes = 0;
    const interrupted = new FileHomeStore(file, (moment) => {
      if (moment === 'before') writes += 1;
      if (writes === failing) throw new KippuError('store_unavailable', 'The test pulled the plug.');
    });
    await assert.rejects(rotate(interrupted, NEW, OLD), { code: 'store_unavailable' });
    assert.equal(
      errorOf(() => openHomeKeys(vaultOf(NEW), store.content().home)).code,
      'wrong_key_ring',
      `stopped at write ${failing}`,
    );
    await rotate(store, NEW, OLD);
    openHomeKeys(vaultOf(NEW), store.content().home);
  }
});

const damages: readonly [string, (row: SealedRow) => SealedRow, RegExp][] = [
  [
    'was altered',
    (row) => ({ ...row, sealed: row.sealed.map((byte, at) => (at === 30 ? byte ^ 1 : byte)) }),
    /does not open with the key 2026a/,
  ],
  [
    'is no envelope',
    (row) => ({ ...row, sealed: Buffer.from('plain text') }),
    /is no sealed value: it begins with format 112/,
  ],
  [
    'was cut off',
    (row) => ({ ...row, sealed: row.sealed.subarray(0, 20) }),
    /is no sealed value: it ends after 20 bytes/,
  ],
  ['belongs to somebody else', (row) => ({ ...row, owner: 'mallory' }), /does not open with the key 2026a/],
  [
    'needs a key that is not in the ring',
    (row) => sealedRow(Number(row.rowId.slice(4)), vaultOf(ringEntry('2025z'))),
    /needs the key 2025z/,
  ],
];
for (const [what, damage, expected] of damages) {
  test(`one value that ${what} is reported and stops none of the others`, async () => {
    const world = oldStore();
    const bad = world.store.content().rows[4];
    assert.ok(bad);
    world.store.put(damage(bad));
    const report = await rotate(world.store, NEW, OLD);
    assert.equal(report.resealed, ROWS - 1 + 2);
    assert.equal(report.unreadableCount, 1);
    assert.deepEqual(
      report.unreadable.map(({ table, rowId }) => ({ table, rowId })),
      [{ table: bad.table, rowId: bad.rowId }],
    );
    assert.match(report.unreadable[0]?.message ?? '', expected);
    assert.equal(
      report.stillNeeded.every(({ values, unreadable }) => values === 1 && unreadable === 1),
      true,
    );
    // What opens with no key keeps no key in the ring.
    openHomeKeys(vaultOf(NEW), world.store.content().home);
    assert.deepEqual(world.store.content().rows.find(({ rowId }) => rowId === bad.rowId)?.generation, bad.generation);
  });
}

test('a value that another process seals with the old key meanwhile is left alone, and keeps the old key needed', async () => {
  const world = oldStore();
  const busy = new FileHomeStore(world.file, (moment, row) => {
    if (moment === 'before' && row.rowId === 'row_3' && row.generation === 'g3')
      world.store.put({ ...sealedRow(13, vaultOf(OLD)), table: row.table, rowId: row.rowId });
  });
  const first = await rotate(busy, NEW, OLD);
  assert.equal(first.resealed, ROWS - 1);
  assert.deepEqual(first.stillNeeded, [{ keyId: '2026a', values: 3, unreadable: 0 }]);
  assert.equal(errorOf(() => openHomeKeys(vaultOf(NEW), world.store.content().home)).code, 'wrong_key_ring');
  const second = await rotate(busy, NEW, OLD);
  assert.deepEqual([second.resealed, second.stillNeeded], [3, []]);
  assert.equal(
    world.store
      .content()
      .rows.map((row) => tokenIn(row, vaultOf(NEW)))
      .includes('token-canary-13'),
    true,
  );
});

test('an answer that waits in the spool keeps its key needed until the store has it', async () => {
  const world = oldStore();
  const spool = new MemorySpool(new VirtualClock());
  const entry = spool.keep({ sealed: sealedRow(1, vaultOf(OLD)).sealed } as RenewedSettlement);
  const options = { home: world.store.port, vault: vaultOf(NEW, OLD), random, pageSize: 4, spool };
  assert.deepEqual((await rotateVault(options)).stillNeeded, [{ keyId: '2026a', values: 3, unreadable: 0 }]);
  spool.acknowledge(entry);
  assert.deepEqual((await rotateVault(options)).stillNeeded, []);
});

test('the status counts the values of each key, and names what does not open', async () => {
  const world = oldStore();
  world.store.put(sealedRow(0, vaultOf(NEW)));
  world.store.put({ ...sealedRow(1, vaultOf(OLD)), owner: 'mallory' });
  world.store.put({ ...sealedRow(2, vaultOf(OLD)), sealed: new Uint8Array() });
  const status = await vaultStatus({ home: world.store.port, vault: vaultOf(NEW, OLD), pageSize: 3 });
  assert.equal(status.sealingKeyId, '2026b');
  assert.deepEqual(status.keys, [
    { keyId: '2026a', values: 10, unreadable: 1 },
    { keyId: '2026b', values: 1, unreadable: 0 },
  ]);
  assert.equal(status.unreadableCount, 2);
  assert.deepEqual(new Set(status.unreadable.map(({ rowId }) => rowId)), new Set(['row_1', 'row_2']));
});

test('no report shows a token or a key', async () => {
  const world = oldStore();
  world.store.put({ ...sealedRow(1, vaultOf(OLD)), owner: 'mallory' });
  const shown = printed(await rotate(world.store, NEW, OLD));
  for (const secret of ['token-canary', OLD.slice(6), NEW.slice(6)]) assert.equal(shown.includes(secret), false);
});
