import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IdTokenTrouble } from '../../src/sim/tenant-settings.ts';
import { ID_TOKEN_TROUBLES } from '../../src/sim/tenant-settings.ts';
import { tenant } from '../support/made-up-providers.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

/** At Auth0, where the ID token of a consent says whose account it is. */
function tenantWorld(options: WorldOptions = {}): Promise<World> {
  return createWorld({ provider: tenant, ...options });
}

test('the ID token says whose account it is: nobody else is asked', async () => {
  await using world = await tenantWorld();
  const alice = await world.connect('alice');
  const { name, subject, handle } = await world.connection(alice);
  assert.deepEqual([name, handle], ['auth0:alice', 'alice']);
  assert.match(subject ?? '', /^auth0\|\d+$/);
  assert.equal(world.provider.sentTo('/userinfo').length, 0);
  assert.equal(world.provider.sentTo('/.well-known/jwks.json').length, 1);
  await world.connect('bob');
  assert.equal(world.provider.sentTo('/.well-known/jwks.json').length, 1, 'its keys are kept');
});

const REASONS: Readonly<Partial<Record<IdTokenTrouble, RegExp>>> = {
  wrong_nonce: /nonce/,
  no_nonce: /nonce/,
  wrong_issuer: /iss/,
  wrong_audience: /aud/,
  other_party: /azp/,
  ended: /exp/,
  from_the_future: /future/,
  unsigned: /alg/i,
  hmac_with_public_key: /alg/i,
  unpublished_key: /does not publish/,
  broken_signature: /signature/,
  not_a_token: /JWS|JWT|Compact/,
};

for (const [trouble, says] of Object.entries(REASONS) as [IdTokenTrouble, RegExp][]) {
  test(`an ID token with ${trouble} fails the consent with its reason, and no connection changes`, async () => {
    await using world = await tenantWorld();
    const bob = await world.connect('bob');
    const before = await world.connection(bob);
    world.provider.controls.set({ idTokens: trouble });
    for (const wish of [{}, { again: bob }]) {
      const finished = await world.browser().consent('alice', wish);
      assert.equal(finished.kind === 'failed' && finished.failure, 'id_token_invalid');
      assert.match(finished.kind === 'failed' ? finished.detail : '', says);
    }
    assert.deepEqual(await world.connection(bob), before);
    const { items } = await world.node().look.connections.list({ limit: 10 });
    assert.equal(items.length, 1);
  });
}

test('there is a story here for every trouble that makes a consent’s ID token bad', () => {
  const others: readonly IdTokenTrouble[] = ['none', 'missing', 'other_user'];
  assert.deepEqual(new Set([...Object.keys(REASONS), ...others]), new Set(ID_TOKEN_TROUBLES));
});

test('what came with a bad ID token is revoked, so that nothing is left lying about', async () => {
  await using world = await tenantWorld();
  world.provider.controls.set({ idTokens: 'wrong_nonce' });
  await world.browser().consent('alice');
  assert.equal(world.provider.sentTo('/oauth/revoke').length, 1);
  const refresh = world.provider.controls.state().tokens.filter(({ kind }) => kind === 'refresh');
  assert.deepEqual(
    refresh.map(({ revokedAtMs }) => revokedAtMs === null),
    [false],
  );
});

test('a consent again as somebody else is refused with both names, whatever the access token is for', async () => {
  await using world = await tenantWorld();
  const bob = await world.connect('bob');
  const finished = await world.browser().consent('alice', { again: bob });
  assert.equal(finished.kind === 'failed' && finished.failure, 'wrong_user');
  assert.match(finished.kind === 'failed' ? finished.detail : '', /auth0:bob is bob's.*as alice/);
});

test('without an ID token the provider is asked whose account it is', async () => {
  await using world = await tenantWorld();
  world.provider.controls.set({ idTokens: 'missing' });
  const alice = await world.connect('alice');
  assert.equal((await world.connection(alice)).handle, 'alice');
  assert.equal(world.provider.sentTo('/userinfo').length, 1);
});

test('while the provider’s keys cannot be had, the consent waits with its tokens safe, and is settled later', async () => {
  await using world = await tenantWorld();
  world.provider.script(({ url }) => (url.endsWith('/jwks.json') ? jsonAnswer(503, {}) : undefined));
  const finished = await world.browser().consent('alice');
  assert.equal(finished.kind, 'pending');
  await world.advance('1m');
  assert.equal((await world.node().look.connections.list({ limit: 10 })).items.length, 0);
  world.provider.script(() => undefined);
  await world.advance('5m');
  const { items } = await world.node().look.connections.list({ limit: 10 });
  assert.deepEqual(
    items.map(({ name }) => name),
    ['auth0:alice'],
  );
});

test('a key that the provider changed just before the consent makes nobody wait, and one that it withdrew neither', async () => {
  await using world = await tenantWorld();
  await world.connect('alice');
  await world.advance('1m');
  world.provider.controls.rotateKeys();
  await world.connect('bob');
  await world.advance('1m');
  world.provider.controls.rotateKeys({ withdraw: true });
  await world.connect('carol');
  assert.equal(world.provider.sentTo('/.well-known/jwks.json').length, 3);
});

test('a user of another organization is not connected', async () => {
  await using world = await tenantWorld({ app: { organization: 'org_acme' } });
  const page = await world.browser().open(await world.browser().begin());
  assert.equal(new URL(page).searchParams.get('organization'), 'org_acme');
  const alice = await world.connect('alice');
  assert.equal((await world.connection(alice)).state, 'active');
  const browser = world.browser();
  const elsewhere = new URL(await browser.open(await browser.begin()));
  elsewhere.searchParams.set('organization', 'org_other');
  const finished = await browser.comeBack(browser.allow(elsewhere.href, 'bob'));
  assert.equal(finished.kind === 'failed' && finished.failure, 'id_token_invalid');
});

test('an ID token that was made for another consent is refused, although its code was exchanged with the right verifier', async () => {
  await using world = await tenantWorld();
  const browser = world.browser();
  const page = new URL(await browser.open(await browser.begin()));
  page.searchParams.set('nonce', 'of-somebody-else');
  const finished = await browser.comeBack(browser.allow(page.href, 'alice'));
  assert.equal(finished.kind === 'failed' && finished.failure, 'id_token_invalid');
});

test('a device’s ID token is checked too, and has no nonce', async () => {
  await using world = await tenantWorld({ clientSecret: false });
  const device = await world.device();
  assert.match(device.code.verificationUriComplete ?? '', /\/device\?user_code=/);
  device.allow('alice');
  await world.advance('10s');
  assert.equal((await world.connection(await device.connection())).name, 'auth0:alice');

  world.provider.controls.set({ idTokens: 'wrong_audience' });
  const second = await world.device();
  second.allow('bob');
  await world.advance('10s');
  assert.equal(await second.state(), 'failed: id_token_invalid');
});

test('a crash between the answer and the check of its ID token loses nothing', async () => {
  await using world = await tenantWorld();
  const browser = world.browser();
  const back = browser.allow(await browser.open(await browser.begin()), 'alice');
  world.node().crashAt('consent.stored');
  void browser.comeBack(back).catch(() => undefined);
  await world.wait('1s');
  await world.node().restart();
  await world.advance('1m');
  const { items } = await world.node().look.connections.list({ limit: 10 });
  assert.deepEqual(
    items.map(({ name }) => name),
    ['auth0:alice'],
  );
});
