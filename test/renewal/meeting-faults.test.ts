import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld } from '../support/world.ts';

// What the simulation found (docs/simulation.md): each is a history in which two things met that are harmless alone.

test('whoever finds out that the grant is over is served the access token that still lives', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('7170s');
  world.provider.removeApp('alice');
  assert.equal((await world.node().getToken(alice)).kind, 'served');
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');
  assert.equal((await world.node().getToken(alice)).kind, 'served', 'and so is whoever asks after him');
});
