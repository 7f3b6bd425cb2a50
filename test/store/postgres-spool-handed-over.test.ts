import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { PostgresServer } from '../support/postgres-server.ts';
import { DatabaseProxy } from '../torture/database/proxy.ts';
import { accountOf, inOrder } from './postgres-failover.ts';
import { Nodes, until, type Answer, type KippuProcess } from './postgres-nodes.ts';
import { findingOf, waiting } from './spools-of-nodes.ts';

/** Living tokens outlast the test: nobody replays anything before the spool is handed over. */
const SLOW = 20;
const USERS = ['alice', 'bob', 'carol'] as const;

let server: PostgresServer;
before(async () => {
  server = await PostgresServer.start();
});
after(() => server.remove());

describe(
  'the spool of a node that died while the database was out of its reach',
  { concurrency: 3, timeout: 240_000 },
  () => {
    it('is brought by a worker with its data directory, and nothing is presented twice', async (t) => {
      await using nodes = await Nodes.at(server.url('schema=rescued'), { fast: SLOW });
      const { living, deadHome, deadId } = await nodeThatDied(t, nodes);

      const doctor = await nodes.run('living', ['doctor', '--json']);
      const finding = findingOf(doctor.stdout, 'answers_elsewhere');
      assert.ok(finding !== undefined, doctor.stdout);
      assert.equal(finding.facts['nodeId'], deadId);
      assert.deepEqual([...(finding.facts['names'] as string[])].sort(), USERS.map((user) => `x:${user}`).sort());
      assert.match(String(finding.advice), /KIPPU_HOME/);

      // Its disk, in another machine.
      cpSync(deadHome, join(nodes.directory, 'rescued'), { recursive: true });
      await using worker = nodes.work('rescued');
      await until('the answers to be brought', async () => (waiting(nodes, 'rescued') === 0 ? true : undefined));
      await theTokensAreIn(living, nodes);
      const later = await until('that node to be heard of again', async () => {
        const { stdout } = await nodes.run('living', ['doctor', '--json']);
        return findingOf(stdout, 'answers_elsewhere') === undefined ? stdout : undefined;
      });
      assert.equal(findingOf(later, 'connections_uncertain'), undefined);
      assert.equal(await worker.end(), 0);
    });

    it('is brought by a living node that gets its files, and nothing is presented twice', async (t) => {
      await using nodes = await Nodes.at(server.url('schema=files'), { fast: SLOW });
      const { living, deadHome } = await nodeThatDied(t, nodes);
      cpSync(join(deadHome, 'spool'), join(nodes.directory, 'living', 'spool'), { recursive: true });
      await until('the answers to be brought', async () => (waiting(nodes, 'living') === 0 ? true : undefined));
      await theTokensAreIn(living, nodes);
    });

    it('is not looked for where a node lives, though it was not answered: that one brings what it has', async () => {
      await using nodes = await Nodes.at(server.url('schema=living'), { fast: SLOW });
      const [living, other] = [await nodes.start('living'), await nodes.start('other')];
      await nodes.connect(living, 'alice');
      nodes.sim.faults.loseNextAnswer('token');
      await other.call('POST', '/v1/connections/x:alice/renew').catch(() => undefined);
      const { stdout } = await nodes.run('living', ['doctor', '--json']);
      assert.equal(findingOf(stdout, 'answers_elsewhere'), undefined);
      assert.equal((await accountOf('alice', living, nodes)).state, 'uncertain');
    });
  },
);

interface Died {
  readonly living: KippuProcess;
  readonly deadHome: string;
  readonly deadId: string;
}

/** Two nodes; the way of one to the database is cut while its renewals are answered, and then it is killed. */
async function nodeThatDied(t: TestContext, nodes: Nodes): Promise<Died> {
  const way = await DatabaseProxy.before(server.port);
  t.after(() => way.close());
  const living = await nodes.start('living');
  const dying = await nodes.start('dying', {
    databaseUrl: nodes.databaseUrl.replace(`:${server.port}/`, `:${way.port}/`),
  });
  for (const user of USERS) await nodes.connect(living, user);

  for (const _ of USERS) nodes.sim.faults.delayNextAnswer('token', 1500);
  const renewing = USERS.map((user) => dying.call('POST', `/v1/connections/x:${user}/renew`).catch(() => undefined));
  await until('all to be exchanged', async () =>
    nodes.sim.state().counts.renewals === USERS.length ? true : undefined,
  );
  way.cut('silence');
  await until('the answers to be in its spool', async () =>
    waiting(nodes, 'dying') === USERS.length ? true : undefined,
  );
  await dying.end('SIGKILL');
  await Promise.all(renewing);
  const deadHome = join(nodes.directory, 'dying');
  const deadId = readFileSync(join(deadHome, 'node-id'), 'utf8').trim();
  await until('it to be silent for long enough', async () => {
    const { stdout } = await nodes.run('living', ['doctor', '--json']);
    return findingOf(stdout, 'answers_elsewhere');
  });
  return { living, deadHome, deadId };
}

async function theTokensAreIn(living: KippuProcess, nodes: Nodes): Promise<void> {
  for (const user of USERS) {
    const account = await accountOf(user, living, nodes);
    assert.ok(inOrder(account), JSON.stringify(account));
    assert.equal(account.renewals.there, 1, 'one exchange');
  }
  for (const user of USERS) {
    const renewed: Answer = await living.call('POST', `/v1/connections/x:${user}/renew`);
    assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
  }
  assert.equal(nodes.presentedTwice(), 0);
}
