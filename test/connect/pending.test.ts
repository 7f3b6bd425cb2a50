import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redeemConsent, settlePendings } from '../../src/connect/pending.ts';
import { Secret } from '../../src/model/secret.ts';
import { Crash } from '../support/process-life.ts';
import { createWorld, isCode } from '../support/world.ts';

const RETURN = 'https://app.example/back';

test('when nobody can say whose account it is, the tokens are safe, and the worker goes on asking', async () => {
  await using world = await createWorld();
  world.provider.order({ endpoint: 'me', fault: 'status', status: 503, count: 4 });
  const finished = await world.browser().consent('alice');
  assert.equal(finished.kind, 'pending');
  assert.deepEqual((await world.node().look.connections.list({ limit: 9 })).items, []);
  await world.advance('5m');
  const { items } = await world.node().look.connections.list({ limit: 9 });
  assert.deepEqual(
    items.map(({ name, state }) => [name, state]),
    [['x:alice', 'active']],
  );
  assert.equal(world.provider.sentTo('/2/users/me').length, 5);
  assert.equal(world.provider.sentTo('/2/oauth2/token').length, 1, 'the code was exchanged once');
});

test('it is not asked all the time, and after an hour no more', async () => {
  await using world = await createWorld();
  world.provider.order({ endpoint: 'me', fault: 'status', status: 503, count: 100_000 });
  const finished = await world.browser().consent('alice');
  assert.ok(finished.kind === 'pending');
  await world.advance('2h');
  const asked = world.provider.sentTo('/2/users/me').length;
  assert.ok(asked < 30, `asked ${asked} times`);
  await world.node().look.consents.expire({ nowMs: world.clock.nowMs(), forgetBeforeMs: 0 });
  const consent = await world.node().look.consents.find(finished.consent.id);
  assert.deepEqual([consent?.state, consent?.failure, consent?.sealed], ['failed', 'expired', undefined]);
});

test('one pending consent that cannot be settled stops no other', async () => {
  await using world = await createWorld({ workers: false });
  world.provider.order({ endpoint: 'me', fault: 'status', status: 503, count: 2 });
  for (const user of ['alice', 'bob']) await world.browser().consent(user);
  const [first] = world.node().database.all(`select id from consents where state = 'pending'`);
  await world
    .node()
    .database.write((tx) => tx.run(`update consents set sealed = x'00' where id = :id`, { id: String(first?.['id']) }));
  await world.wait('10s');
  const problems: unknown[] = [];
  assert.equal(await settlePendings(world.node().connect, (id) => problems.push(id)), 1);
  assert.deepEqual(problems, [first?.['id']]);
});

test('two workers settle a pending consent into one connection', async () => {
  await using world = await createWorld({ nodes: 2, workers: false });
  world.provider.order({ endpoint: 'me', fault: 'status', status: 503 });
  await world.browser().consent('alice');
  await world.wait('10s');
  const settled = await Promise.all([0, 1].map((node) => settlePendings(world.node(node).connect, assert.ifError)));
  assert.ok(settled.includes(1));
  assert.equal((await world.node().look.connections.list({ limit: 9 })).items.length, 1);
  assert.equal((await world.events('connection.created')).length, 1);
});

for (const point of ['consent.stored', 'consent.attached'] as const) {
  test(`a process that dies at ${point} loses nothing: the worker finishes`, async () => {
    await using world = await createWorld();
    world.node().crashAt(point);
    await assert.rejects(world.browser().consent('alice'), Crash);
    await world.node().restart();
    await world.advance('1m');
    const { items } = await world.node().look.connections.list({ limit: 9 });
    assert.deepEqual(
      items.map(({ name }) => name),
      ['x:alice'],
    );
    await world.node().accessToken(items[0]!.id);
  });
}

for (const point of ['consent.sent', 'consent.answered'] as const) {
  test(`a process that dies at ${point} leaves a consent that expires, and the user connects again`, async () => {
    await using world = await createWorld();
    const browser = world.browser();
    const consent = await browser.begin();
    world.node().crashAt(point);
    await assert.rejects(async () => browser.comeBack(browser.allow(await browser.open(consent), 'alice')), Crash);
    await world.node().restart();
    await world.wait('16m');
    assert.equal(await world.node().look.consents.expire({ nowMs: world.clock.nowMs(), forgetBeforeMs: 0 }), 1);
    assert.equal((await world.node().look.consents.find(consent.id))?.state, 'failed');
    assert.equal((await world.browser().consent('alice')).kind, 'connected');
  });
}

test('an application redeems a one-time code before its user’s consent is anybody’s', async () => {
  await using world = await createWorld();
  const finished = await world.browser().consent('alice', { returnUrl: RETURN, owner: 'u1' });
  assert.ok(finished.kind === 'to_redeem');
  assert.equal(world.provider.sentTo('/2/users/me').length, 0);
  await world.advance('1m');
  assert.deepEqual(
    (await world.node().look.connections.list({ limit: 9 })).items,
    [],
    'the worker does not redeem by itself',
  );
  const redeemed = await redeemConsent(finished.consent.id, finished.code, world.node().connect);
  assert.ok(redeemed.kind === 'connected');
  assert.equal(redeemed.connection.owner, 'u1');
});

test('a code is redeemed once, by whoever has it, for its own consent, within an hour', async () => {
  await using world = await createWorld();
  const { connect } = world.node();
  const [alice, bob] = [
    await world.browser().consent('alice', { returnUrl: RETURN }),
    await world.browser().consent('bob', { returnUrl: RETURN }),
  ];
  assert.ok(alice.kind === 'to_redeem' && bob.kind === 'to_redeem');
  await assert.rejects(redeemConsent(alice.consent.id, bob.code, connect), isCode('consent_failed'));
  await assert.rejects(redeemConsent(alice.consent.id, new Secret(''), connect), isCode('consent_failed'));
  await assert.rejects(redeemConsent('cns_none' as never, alice.code, connect), isCode('not_found'));
  assert.equal((await redeemConsent(alice.consent.id, alice.code, connect)).kind, 'connected');
  await assert.rejects(redeemConsent(alice.consent.id, alice.code, connect), isCode('consent_failed'));
  await world.wait('1h');
  await assert.rejects(redeemConsent(bob.consent.id, bob.code, connect), isCode('consent_failed'));
  await world.node().look.consents.expire({ nowMs: world.clock.nowMs(), forgetBeforeMs: 0 });
  assert.equal((await world.node().look.consents.find(bob.consent.id))?.failure, 'not_redeemed');
});

test('a redeemed consent whose user cannot be asked for is settled by redeeming again', async () => {
  await using world = await createWorld();
  const finished = await world.browser().consent('alice', { returnUrl: RETURN });
  assert.ok(finished.kind === 'to_redeem');
  world.provider.order({ endpoint: 'me', fault: 'status', status: 503 });
  assert.equal((await redeemConsent(finished.consent.id, finished.code, world.node().connect)).kind, 'pending');
  assert.equal((await redeemConsent(finished.consent.id, finished.code, world.node().connect)).kind, 'connected');
});

test('ended consents are forgotten after a while, and connections stay', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.wait('30d');
  await world.node().look.consents.expire({ nowMs: world.clock.nowMs(), forgetBeforeMs: world.clock.nowMs() - 1 });
  assert.deepEqual(world.node().database.all('select id from consents'), []);
  assert.equal(await world.state(alice), 'active');
});
