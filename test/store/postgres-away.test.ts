import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { PostgresServer } from '../support/postgres-server.ts';
import { DatabaseProxy } from '../torture/database/proxy.ts';
import { Nodes, until } from './postgres-nodes.ts';

/** Tokens outlast the test. */
const SLOW = 2;

let server: PostgresServer;
before(async () => {
  server = await PostgresServer.start();
});
after(() => server.remove());

it('a node that does not reach the database hands out no token any more, also none that it has kept; and does afterwards, as it was', async (t) => {
  await using nodes = await Nodes.at(server.url('schema=away'), { fast: SLOW });
  const way = await DatabaseProxy.before(server.port);
  t.after(() => way.close());
  const node = await nodes.start('node', {
    databaseUrl: nodes.databaseUrl.replace(`:${server.port}/`, `:${way.port}/`),
  });
  await nodes.connect(node, 'alice');
  const token = '/v1/connections/x:alice/token';
  const first = await node.call('GET', token);
  assert.equal(first.status, 200);
  const mend = way.cut('reset');
  const refused = await until('it to know', async () => {
    const answer = await node.call('GET', token);
    return answer.status === 200 ? undefined : answer;
  });
  assert.deepEqual([refused.status, refused.body['code']], [503, 'store_unavailable']);
  mend();
  const again = await until('it to be back', async () => {
    const answer = await node.call('GET', token);
    return answer.status === 200 ? answer : undefined;
  });
  assert.equal(again.body['access_token'], first.body['access_token']);
});
