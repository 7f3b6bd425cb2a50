import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Finished } from '../../src/connect/ending.ts';
import { demanding, plain } from '../support/made-up-providers.ts';
import { createWorld, isCode } from '../support/world.ts';

function failureOf(finished: Finished): string {
  return finished.kind === 'failed' ? finished.failure : finished.kind;
}

test('a request is pushed, and the browser carries its name alone', async () => {
  await using world = await createWorld({ provider: demanding });
  const browser = world.browser();
  const page = new URL(await browser.open(await browser.begin()));
  assert.deepEqual([...page.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  const [push] = world.provider.sent;
  assert.equal(push?.path, '/push');
  for (const name of ['redirect_uri', 'state', 'code_challenge', 'dpop_jkt', 'scope']) assert.ok(push?.form.has(name));
  assert.equal((await browser.comeBack(browser.allow(page.href, 'alice'))).kind, 'connected');
});

for (const [what, status, body, code, failure] of [
  ['refuses this app', 401, { error: 'invalid_client' }, 'misconfigured', 'misconfigured'],
  ['refuses the request', 400, { error: 'invalid_request' }, 'consent_failed', 'provider_refused'],
  ['is not there', 503, '', 'unavailable', 'unanswered'],
  ['answers with a page', 200, '<html>', 'unavailable', 'unanswered'],
] as const) {
  test(`a provider that ${what} when the request is pushed: the consent has failed, and none is left waiting`, async () => {
    await using world = await createWorld({ provider: demanding });
    world.provider.order({ endpoint: 'push', fault: 'status', status, body: body === '' ? 'down' : body });
    const browser = world.browser();
    const consent = await browser.begin();
    await assert.rejects(browser.open(consent), isCode(code));
    const kept = await world.node().look.consents.find(consent.id);
    assert.deepEqual([kept?.state, kept?.failure, kept?.sealed], ['failed', failure, undefined]);
    assert.match(kept?.failureDetail ?? '', /did not take the authorization request/);
    await assert.rejects(browser.open(consent), isCode('consent_failed'));
  });
}

test('a push whose answer is lost has failed too; a new link works', async () => {
  await using world = await createWorld({ provider: demanding });
  world.provider.order({ endpoint: 'push', fault: 'lose' });
  const browser = world.browser();
  await assert.rejects(browser.open(await browser.begin()), isCode('unavailable'));
  assert.equal((await browser.consent('alice')).kind, 'connected');
});

for (const [what, change] of [
  ['another’s', (back: URL) => back.searchParams.set('iss', 'https://evil.example')],
  ['one without the last slash', (back: URL) => back.searchParams.set('iss', 'https://auth.plain.example/tenant')],
  ['two', (back: URL) => back.searchParams.append('iss', 'https://evil.example')],
  ['none', (back: URL) => back.searchParams.delete('iss')],
] as const) {
  test(`an answer whose issuer is ${what} is a mix-up: the code is not sent, and there is no connection`, async () => {
    await using world = await createWorld({ provider: demanding });
    const browser = world.browser();
    const back = new URL(browser.allow(await browser.open(await browser.begin()), 'alice'));
    change(back);
    const sent = world.provider.sent.length;
    assert.equal(failureOf(await browser.comeBack(back.href)), 'mixed_up');
    assert.equal(world.provider.sent.length, sent);
    assert.equal((await world.node().look.connections.list({ limit: 9 })).items.length, 0);
  });
}

test('a denial of another issuer is a mix-up and no denial', async () => {
  await using world = await createWorld({ provider: demanding });
  const browser = world.browser();
  const back = new URL(browser.deny(await browser.open(await browser.begin())));
  back.searchParams.set('iss', 'https://evil.example');
  assert.equal(failureOf(await browser.comeBack(back.href)), 'mixed_up');
});

test('where nobody promises an issuer, an answer without one is good, and a wrong one is not', async () => {
  await using world = await createWorld({ provider: plain });
  const browser = world.browser();
  assert.equal((await browser.consent('alice')).kind, 'connected');
  const back = browser.allow(await browser.open(await browser.begin()), 'bob');
  assert.equal(failureOf(await browser.comeBack(`${back}&iss=https%3A%2F%2Fevil.example`)), 'mixed_up');
});

test('a stranger’s, a second and a late answer change nothing at a demanding provider either', async () => {
  await using world = await createWorld({ provider: demanding });
  const browser = world.browser();
  const back = browser.allow(await browser.open(await browser.begin()), 'alice');
  assert.equal(failureOf(await world.browser().comeBack(back)), 'foreign');
  assert.equal((await browser.comeBack(back)).kind, 'connected');
  assert.equal(failureOf(await browser.comeBack(back)), 'replayed');
  const late = browser.allow(await browser.open(await browser.begin()), 'bob');
  await world.advance('2m');
  assert.equal(failureOf(await browser.comeBack(late)), 'code_refused');
});

test('a device’s tokens are bound to a key too, and are renewed with it', async () => {
  await using world = await createWorld({ provider: demanding });
  world.provider.controls.set({ dpopNonces: 'required' });
  const device = await world.device();
  device.allow('alice');
  await world.advance('20s');
  const { attachedTo } = await device.consent();
  assert.ok(attachedTo !== undefined);
  assert.equal((await world.node().renewNow(attachedTo)).kind, 'served');
});

for (const [what, body] of [
  ['100 MB', `{"access_token":"${'a'.repeat(100 * 1024 * 1024)}"}`],
  ['a page', '<html>welcome</html>'],
  ['nothing', ' '],
  ['a number', '42'],
  ['a list', '[{"access_token":"a"}]'],
  ['tokens that are no text', '{"access_token":{"a":1},"token_type":"DPoP"}'],
] as const) {
  test(`an exchange that is answered with ${what} connects nobody, and says so`, async () => {
    await using world = await createWorld({ provider: demanding });
    const browser = world.browser();
    const back = browser.allow(await browser.open(await browser.begin()), 'alice');
    world.provider.answerNext(200, body);
    const finished = await browser.comeBack(back);
    assert.equal(failureOf(finished), 'unanswered');
    assert.match(finished.kind === 'failed' ? finished.detail : '', /without a readable answer/);
    assert.equal((await world.node().look.connections.list({ limit: 9 })).items.length, 0);
  });
}

test('a refresh token of 64 KB is kept and presented as it is', async () => {
  await using world = await createWorld({ provider: plain, workers: false });
  const alice = await world.connect('alice');
  const long = 'r'.repeat(65_536);
  world.provider.answerNext(200, { access_token: 'a'.repeat(65_536), refresh_token: long, token_type: 'Bearer' });
  assert.equal((await world.node().renewNow(alice)).kind, 'served');
  await world.node().renewNow(alice);
  const hash = createHash('sha256').update(long).digest('base64url');
  assert.equal(world.provider.presentations.at(-1)?.presented, hash);
});
