import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { openApp, type App } from '../../src/app/open.ts';
import { tendOwnSpool } from '../../src/app/own-spool.ts';
import { noFaults } from '../../src/app/ports/no-faults.ts';
import { MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Store } from '../../src/model/store.ts';
import { DEFAULT_TIMING, type RenewalPorts } from '../../src/renewal/ports.ts';
import { readEntry } from '../../src/store/spool-entry.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { serveKippu, type ServedKippu } from '../server/served-kippu.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { settle, VirtualClock } from '../support/virtual-clock.ts';
import { createWorld } from '../support/world.ts';

const SILENT = pino({ level: 'silent' });

/** Takes no answer of a provider while it is away. */
class Way {
  isAway = false;

  readonly to = (store: Store): Store => {
    const { settleRenewed } = store.credentials;
    return {
      ...store,
      credentials: {
        ...store.credentials,
        settleRenewed: async (settlement) => {
          if (this.isAway) throw new Error('the store is away');
          return settleRenewed(settlement);
        },
      },
    };
  };
}

function waitingAt({ app }: ServedKippu): number {
  return app.spool.entries().filter(({ acknowledged }) => !acknowledged).length;
}

test('without a worker, what waits in the spool is brought within seconds of the return of the store', async () => {
  const way = new Way();
  await using kippu = await serveKippu({ onTheWay: way.to });
  const alice = await kippu.connect('alice');
  await kippu.clock.advance(3 * 60 * MINUTE_MS);
  way.isAway = true;
  const { json } = await kippu.until(kippu.operator.get(`/v1/connections/${alice.id}/token`));
  await kippu.clock.advance(MINUTE_MS);
  assert.equal(waitingAt(kippu), 1, 'the store is still away');

  way.isAway = false;
  await kippu.clock.advance(5 * SECOND_MS);

  assert.equal(waitingAt(kippu), 0);
  const { json: after } = await kippu.operator.get(`/v1/connections/${alice.id}`);
  assert.deepEqual([after.state, after.renewals], ['active', 1]);
  const { json: again } = await kippu.operator.get(`/v1/connections/${alice.id}/token`);
  assert.equal(again.access_token, json.access_token);
});

test('without a worker, it is said every five seconds that nothing waits, and not while something does', async () => {
  const way = new Way();
  await using kippu = await serveKippu({ onTheWay: way.to });
  const alice = await kippu.connect('alice');
  const { home } = kippu.app.store;
  const { nodeId } = kippu.app.renewal.processes.self;
  await kippu.clock.advance(MINUTE_MS);
  const heardAtMs = await home.spoolEmptyAtMs(nodeId);
  assert.ok(heardAtMs !== undefined && kippu.clock.nowMs() - heardAtMs <= 5 * SECOND_MS);

  way.isAway = true;
  await kippu.until(kippu.operator.post(`/v1/connections/${alice.id}/renew`));
  const beganAtMs = kippu.clock.nowMs();
  await kippu.clock.advance(MINUTE_MS);
  const later = (await home.spoolEmptyAtMs(nodeId)) ?? 0;
  assert.ok(later < beganAtMs);
});

test('a round that fails is told of, and the next one comes', async () => {
  await using world = await createWorld({ workers: false });
  const { ports } = world.node();
  const log: string[] = [];
  const said: number[] = [];
  let isAway = true;
  const home: RenewalPorts['home'] = {
    ...ports.home,
    reportSpoolEmpty: async (_node, atMs) => {
      if (isAway) throw new Error('the store is away');
      said.push(atMs);
    },
  };
  const tending = tendOwnSpool({ ...ports, home }, { log: pino({}, { write: (line) => void log.push(line) }) });
  await world.wait('12s');
  assert.ok(log.some((line) => line.includes('a round for the spool failed')));
  isAway = false;
  await world.wait('6s');
  assert.equal(said.length, 1);
  await tending.stop();
  await world.wait('30s');
  assert.equal(said.length, 1, 'stopped is stopped');
});

for (const [looksAt, isBroughtAgain] of [
  ['all', true],
  ['waiting', false],
] as const) {
  test(`what the store has acknowledged is ${isBroughtAgain ? '' : 'not '}brought once more, looking at ${looksAt}`, async () => {
    await using world = await createWorld({ workers: false });
    const alice = await world.connect('alice');
    await world.wait('2h');
    world.provider.delayNextAnswer('1s');
    const renewal = world.node().getToken(alice);
    await settle();
    world.node().failStore();
    await world.wait('4s');
    await renewal;
    world.node().healStore();
    const { ports } = world.node();
    const entries = ports.spool.entries();
    assert.equal(entries.length, 1);
    for (const entry of entries) ports.spool.acknowledge(entry);
    let settlements = 0;
    const credentials: RenewalPorts['credentials'] = {
      ...ports.credentials,
      settleRenewed: async (settlement) => {
        settlements += 1;
        return ports.credentials.settleRenewed(settlement);
      },
    };
    const tending = tendOwnSpool({ ...ports, credentials }, { log: SILENT, looksAt });
    await world.wait('20s');
    await tending.stop();
    assert.equal(settlements > 0, isBroughtAgain);
  });
}

/** A data directory with a database in it, and the apps that are opened on it. */
class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'kippu-own-spool-'));
  readonly clock = new VirtualClock();

  constructor(t: TestContext) {
    t.after(() => {
      rmSync(this.path, { recursive: true });
    });
  }

  open(database: string): Promise<App> {
    return openApp({
      openStore: (ports) => openSqliteStore({ path: join(this.path, database), ...ports, migrates: true }),
      keys: {
        given: new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`),
        prefersFile: false,
        isProduction: true,
      },
      home: this.path,
      apps: [],
      publicUrl: 'http://127.0.0.1:4180',
      returnUrls: [],
      timing: DEFAULT_TIMING,
      log: SILENT,
      outside: {
        clock: this.clock,
        random: seededRandom('own spool'),
        http: { send: () => Promise.reject(new Error('nothing is sent')) },
        faults: noFaults,
      },
    });
  }

  get freeSlots(): number {
    const spool = join(this.path, 'spool');
    return readdirSync(spool).filter((file) => readEntry(readFileSync(join(spool, file))).kind === 'free').length;
  }
}

test('room for answers is made by whoever lives longer than a second, and given back at the end', async (t) => {
  const folder = new Folder(t);
  const app = await folder.open('kippu.db');
  await folder.clock.advance(900);
  assert.equal(folder.freeSlots, 0);
  await folder.clock.advance(200);
  await app.spool.prepare();
  assert.ok(folder.freeSlots > 0);
  await app.close();
  assert.equal(folder.freeSlots, 0);
});

test('a copy leaves the spool alone: the answers in it are the original’s', async (t) => {
  const folder = new Folder(t);
  await (await folder.open('kippu.db')).close();
  copyFileSync(join(folder.path, 'kippu.db'), join(folder.path, 'copy.db'));
  const copy = await folder.open('copy.db');
  assert.notEqual(copy.copied, undefined);
  const heardAtMs = await copy.store.home.spoolEmptyAtMs(copy.renewal.processes.self.nodeId);
  await folder.clock.advance(MINUTE_MS);
  assert.equal(await copy.store.home.spoolEmptyAtMs(copy.renewal.processes.self.nodeId), heardAtMs);
  assert.equal(folder.freeSlots, 0);
  await copy.close();
});

test('a script that has used the library without a worker, and closed nothing, ends by itself', async (t) => {
  const folder = new Folder(t);
  const from = (path: string): string => JSON.stringify(fileURLToPath(new URL(`../../src/${path}`, import.meta.url)));
  const script = `
    import { createKippu } from ${from('index.ts')};
    import { sqlite } from ${from('store/sqlite/index.ts')};
    const kippu = createKippu({ publicUrl: 'http://127.0.0.1:1', store: sqlite('kippu.db'), providers: [], worker: false });
    for await (const _ of kippu.connections());
    console.log('done');`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder.path,
    timeout: 60_000,
  });
  assert.equal(stdout, 'done\n');
});
