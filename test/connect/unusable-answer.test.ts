import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpRequest } from '../../src/model/http.ts';
import { githubData } from '../../src/providers/data/github.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { createWorld, type World } from '../support/world.ts';

/** Access tokens that no header can carry: of visible ASCII, the rest is the token endpoint's own business. */
const UNUSABLE = ['a b', 'a\nb', 'a\r\nX-Evil: 1', '日本', 'a\u0000b', 'ä'];

function isExchange({ body }: HttpRequest): boolean {
  return typeof body === 'string' && body.includes('code=');
}

/** The next codes are exchanged for this. */
function issue(world: World, accessToken: string): void {
  const answer = { token_type: 'bearer', expires_in: 7200, access_token: accessToken, refresh_token: 'given-back' };
  world.provider.script((request) => (isExchange(request) ? jsonAnswer(200, answer) : undefined));
}

for (const accessToken of UNUSABLE) {
  test(`a consent fails whose access token is ${JSON.stringify(accessToken)}, and nobody goes on asking`, async () => {
    await using world = await createWorld();
    issue(world, accessToken);
    const finished = await world.browser().consent('alice');
    assert.ok(finished.kind === 'failed');
    assert.equal(finished.failure, 'unusable_answer');
    assert.match(finished.detail, /no header can carry/);
    assert.ok(!finished.detail.includes(accessToken), 'the token itself is not shown');
    await world.advance('1h');
    assert.deepEqual(world.problems, []);
    assert.equal(world.provider.sentTo('/2/users/me').length, 0);
    assert.deepEqual((await world.node().look.connections.list({ limit: 9 })).items, []);
  });
}

test('what came with it is given back to the provider', async () => {
  await using world = await createWorld();
  issue(world, 'a b');
  await world.browser().consent('alice');
  const [revocation, ...more] = world.provider.sentTo('/2/oauth2/revoke');
  assert.deepEqual(more, []);
  assert.equal(revocation?.form.get('token'), 'given-back');
});

test('every visible ASCII character is good, whatever RFC 6750 thinks of it', async () => {
  await using world = await createWorld();
  issue(world, '!"#$%&\'()*,:;<=>?@[\\]^`{|}~');
  await world.browser().consent('alice');
  assert.equal(world.provider.sentTo('/2/users/me').length, 1, 'it was carried there');
});

test('a device whose user agreed hears the same', async () => {
  await using world = await createWorld({ provider: githubData });
  const device = await world.device();
  world.provider.script(({ body }) =>
    typeof body === 'string' && body.includes('device_code=')
      ? jsonAnswer(200, { token_type: 'bearer', access_token: 'a b' })
      : undefined,
  );
  await world.advance('10s');
  assert.equal(await device.state(), 'failed: unusable_answer');
  assert.deepEqual(world.problems, []);
});
