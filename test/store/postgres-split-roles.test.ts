import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PostgresServer } from '../support/postgres-server.ts';
import { accountOf, inOrder } from './postgres-failover.ts';
import { Nodes, until } from './postgres-nodes.ts';
import { findingOf, free, waiting } from './spools-of-nodes.ts';

/** Living tokens outlast the test: nothing is replayed before the answer can be brought. */
const SLOW = 20;

let server: PostgresServer;
before(async () => {
  server = await PostgresServer.start();
});
after(() => server.remove());

describe(
  'a node that serves and has no worker, at one PostgreSQL with one that only works',
  { timeout: 180_000 },
  () => {
    it('brings what its spool holds when the database is back, and is heard of meanwhile', async () => {
      await using nodes = await Nodes.at(server.url(), { fast: SLOW });
      const serving = await nodes.start('serving', { flags: ['--no-worker'] });
      await using worker = nodes.work('working');
      await nodes.connect(serving, 'alice');
      for (const node of ['serving', 'working'])
        await until(`room for answers of ${node}`, async () => (free(nodes, node) > 0 ? true : undefined));

      nodes.sim.faults.delayNextAnswer('token', 1500);
      const renewing = serving.call('POST', '/v1/connections/x:alice/renew').catch(() => undefined);
      await until('the exchange', async () => (nodes.sim.state().counts.renewals === 1 ? true : undefined));
      await server.stop();
      await until('the answer to be in its spool', async () => (waiting(nodes, 'serving') === 1 ? true : undefined));
      await renewing;
      await server.startAgain();

      await until('the answer to be brought', async () => (waiting(nodes, 'serving') === 0 ? true : undefined));
      const account = await until('the connection to be in order', async () => {
        const now = await accountOf('alice', serving, nodes);
        return inOrder(now) ? now : undefined;
      });
      assert.equal(account.renewals.there, 1, 'one exchange');
      assert.equal(nodes.presentedTwice(), 0);

      // An answer that is lost leaves a doubt; the node that sent it lives, and nobody is told to look for its disk.
      nodes.sim.faults.loseNextAnswer('token');
      await serving.call('POST', '/v1/connections/x:alice/renew').catch(() => undefined);
      const heard = await until('it to be heard of again', async () => {
        const { stdout } = await nodes.run('elsewhere', ['doctor', '--json']);
        return findingOf(stdout, 'answers_elsewhere') === undefined ? stdout : undefined;
      });
      assert.ok(findingOf(heard, 'connections_uncertain') !== undefined, heard);
      assert.equal(await worker.end(), 0);
    });
  },
);
