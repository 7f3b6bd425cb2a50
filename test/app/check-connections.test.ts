import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { checkAnswersElsewhere } from '../../src/app/doctor/check-answers.ts';
import { checkConnections } from '../../src/app/doctor/check-connections.ts';
import type { Finding } from '../../src/app/doctor/finding.ts';
import type { Attachment } from '../../src/model/connection-store.ts';
import type { Connection } from '../../src/model/connection.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import type { Store } from '../../src/model/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { DEFAULT_TIMING } from '../../src/renewal/ports.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { APP, BREAKER, claimed, connected, failed, HOME, renewed, SENDER } from '../support/store-samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const CROWD = 1001;
const HOUR_MS = 3_600_000;

const clock = new VirtualClock();
let store: Store;
let home: string;

before(async () => {
  home = mkdtempSync(join(tmpdir(), 'kippu-doctor-'));
  const random = seededRandom('doctor');
  store = await openSqliteStore({ path: ':memory:', clock, random, faults: { reach: () => {} }, migrates: true });
  await store.home.found(HOME);
  await store.home.registerApps([APP]);
  for (let number = 0; number < CROWD; number += 1)
    await connect(`crowd-${String(number).padStart(4, '0')}`, { connectionId: idOf(`a${number}`) });
});
after(async () => {
  await store.close();
  rmSync(home, { recursive: true });
});

function idOf(name: string): ConnectionId {
  return `con_${name}` as ConnectionId;
}

/** With an id behind those of the crowd. */
function connect(name: string, more: Partial<Attachment> = {}): Promise<Connection> {
  return connected(store, name, clock.nowMs(), { connectionId: idOf(`z-${name}`), ...more });
}

function elsewhere(): Promise<Finding[]> {
  return checkAnswersElsewhere(store, { home, clock, timing: DEFAULT_TIMING });
}

async function found<K extends Finding['kind']>(kind: K): Promise<readonly Extract<Finding, { kind: K }>[]> {
  const findings = await checkConnections(store, [], clock.nowMs());
  return findings.filter((finding): finding is Extract<Finding, { kind: K }> => finding.kind === kind);
}

describe('with more than a thousand connections, doctor', () => {
  it('finds what a dead node alone may hold, and not what this node does or one that speaks', async () => {
    const alice = await connect('alice');
    await claimed(store, alice);
    const said = { level: 'warning', nodeId: SENDER.nodeId, names: ['x:alice'], count: 1, heardAtMs: undefined };
    assert.deepEqual(await elsewhere(), [{ kind: 'answers_elsewhere', ...said }]);
    writeFileSync(join(home, 'node-id'), `${SENDER.nodeId}\n`);
    assert.deepEqual(await elsewhere(), []);
    writeFileSync(join(home, 'node-id'), 'another\n');
    await store.home.reportSpoolEmpty(SENDER.nodeId, clock.nowMs());
    assert.deepEqual(await elsewhere(), [], 'it was heard of just now');
    await clock.advance(15_000);
    assert.deepEqual(
      (await elsewhere()).map(({ kind }) => kind),
      ['answers_elsewhere'],
    );
  });

  it('finds those that are uncertain, those that need a consent, and orphans, wherever they stand', async () => {
    const bob = await connect('bob');
    await store.credentials.settleFailed(failed(await claimed(store, bob), 'unanswered', clock.nowMs()));
    const carol = await connect('carol');
    const rejection = {
      reason: 'rejected_unknown',
      error: 'e',
      breaker: { ...BREAKER, rejectionsMin: 10_000 },
    } as const;
    await store.credentials.settleRejected({ claim: await claimed(store, carol), ...rejection, mayBeReuse: true });
    const dora = await connect('dora');
    await store.credentials.settleRenewed(renewed(await claimed(store, dora), 'of nobody', 'lost', clock.nowMs()));
    const one = (name: string): object[] => [{ level: 'warning', names: [name], count: 1 }];
    const facts = async (kind: Finding['kind']): Promise<object[]> =>
      (await found(kind)).map(({ kind: _, ...rest }) => rest);
    assert.deepEqual(await facts('connections_uncertain'), one('x:bob'));
    assert.deepEqual(await facts('consent_needed'), one('x:carol'));
    assert.deepEqual(await facts('reuse_suspected'), one('x:carol'));
    assert.deepEqual(await facts('orphans'), one('x:dora'));
    assert.deepEqual(await facts('connections_beyond'), []);
  });

  it('names a hundred of them, and says how many there are', async () => {
    for (let number = 0; number < 100; number += 1) {
      const more = await connect(`more-${number}`);
      await store.credentials.settleFailed(failed(await claimed(store, more), 'unanswered', clock.nowMs()));
    }
    const [uncertain] = await found('connections_uncertain');
    assert.deepEqual([uncertain?.names.length, uncertain?.count], [100, 101]);
    const [answers] = await elsewhere();
    assert.ok(answers?.kind === 'answers_elsewhere');
    assert.deepEqual([answers.names.length, answers.count], [100, 102]);
  });

  it('says twenty that end soon one by one, the next to end first, and how many more do', async () => {
    for (let number = 0; number < 25; number += 1) {
      const endsAtMs = clock.nowMs() + (40 - number) * HOUR_MS;
      await connect(`ending-${number}`, { refreshAbsoluteEndsAtMs: endsAtMs });
    }
    const soon = await found('consent_needed_soon');
    assert.deepEqual(
      soon.map(({ name }) => name),
      Array.from({ length: 20 }, (_, index) => `x:ending-${24 - index}`),
    );
    assert.deepEqual(await found('more'), [{ kind: 'more', level: 'warning', of: 'consent_needed_soon', count: 5 }]);
  });
});

it('whoever has more connections than doctor looks at one by one is told so', async () => {
  const counts = { active: 20_000, uncertain: 0, reauth_required: 3, revoked: 0 };
  const [template] = (await store.connections.list({ limit: 1 })).items;
  assert.ok(template);
  const connections: Store['connections'] = {
    ...store.connections,
    countByState: () => Promise.resolve(counts),
    list: ({ limit }) => Promise.resolve({ items: Array.from({ length: limit }, () => template), nextCursor: 'more' }),
  };
  const findings = await checkConnections({ ...store, connections }, [], clock.nowMs());
  assert.deepEqual(
    findings.filter(({ level }) => level === 'skipped'),
    [{ kind: 'connections_beyond', level: 'skipped', lookedAt: 20_000, count: 20_003 }],
  );
});
