import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATALOGUE, type Provider } from '../../src/providers/index.ts';
import type { SettingsPatch } from '../../src/sim/settings.ts';
import { createWorld, type World } from '../support/world.ts';

/**
 * One story, told at every provider of the catalogue: connect, expire, renew, die, consent again; and what may go wrong
 * on the way. What differs between them is read from their data, as everywhere.
 */

const DAY_MS = 86_400_000;

/** Whose grants are renewed at all. */
const renewed = CATALOGUE.filter(({ refresh, renewal }) => refresh.rotation !== 'none' || renewal !== undefined);
const endless = CATALOGUE.filter((provider) => !renewed.includes(provider));
/** Those of them whose access token's end is answered. */
const timed = renewed.filter(({ access }) => access.isAnswered !== false);

/** After this, the access token that a consent brought is over, or is to be renewed; a token that is itself exchanged still lives. */
function agedMs({ access, renewal }: Provider): number {
  return renewal === undefined ? access.lifetimeMs : access.lifetimeMs - 5 * DAY_MS;
}

/** A world in which nobody does anything unasked, and what a consent brings has been made lasting. */
async function connected(
  provider: Provider,
): Promise<{ readonly world: World; readonly id: Awaited<ReturnType<World['connect']>> }> {
  const world = await createWorld({ provider, workers: false });
  const id = await world.connect('alice');
  await world.node().accessToken(id);
  return { world, id };
}

/** Makes the connection want another access token than the one that it has. */
async function renewOnce(world: World, id: Awaited<ReturnType<World['connect']>>, provider: Provider): Promise<string> {
  const old = await world.node().accessToken(id);
  await world.wait(provider.access.isAnswered === false ? 2 * 60_000 : agedMs(provider));
  if (provider.access.isAnswered === false) return world.node().accessToken(id, { refused: old });
  if (provider.renewal !== undefined) await world.until(world.node().renewNow(id));
  return world.node().accessToken(id);
}

for (const provider of renewed) {
  test(`${provider.name}: connects, expires, renews, dies, and is consented to again`, async () => {
    const { world, id } = await connected(provider);
    await using _ = world;
    const first = await world.node().accessToken(id);
    assert.equal(world.provider.knowsAsGood(first), true);
    const second = await renewOnce(world, id, provider);
    assert.notEqual(second, first);
    assert.equal(world.provider.knowsAsGood(second), true);
    assert.equal(await world.state(id), 'active');

    world.provider.removeApp('alice');
    await world.wait(2 * 60_000);
    const ended = await world.until(world.node().getToken(id, { refused: second }));
    assert.equal(ended.kind, 'reauth_required', JSON.stringify(ended));
    assert.match(await world.state(id), /^reauth_required: /);

    assert.equal(await world.connect('alice', { again: id }), id, 'the same connection');
    assert.equal(await world.state(id), 'active');
    assert.equal(world.provider.knowsAsGood(await world.node().accessToken(id)), true);
  });

  for (const [says, status] of [
    ['a 429', 429],
    ['a 500', 500],
  ] as const) {
    test(`${provider.name}: ${says} to a renewal ends nothing`, async () => {
      const { world, id } = await connected(provider);
      await using _ = world;
      const old = await world.node().accessToken(id);
      await world.wait(2 * 60_000);
      if (provider.access.isAnswered !== false) await world.wait(agedMs(provider));
      world.provider.answerNext(status);
      await world.until(world.node().renewNow(id));
      assert.match(await world.state(id), /^(active|uncertain)$/);
      await world.advance('10m');
      const next = (await resolvedToken(world, id, { old, provider })) ?? old;
      assert.notEqual(next, old);
      assert.equal(world.provider.knowsAsGood(next), true);
    });
  }

  test(`${provider.name}: an answer that is lost is never taken for a dead grant while it can still be told`, async () => {
    const { world, id } = await connected(provider);
    await using _ = world;
    const old = await world.node().accessToken(id);
    await world.wait(2 * 60_000);
    if (provider.access.isAnswered !== false) await world.wait(agedMs(provider) - 30 * 60_000);
    world.provider.loseNextAnswer();
    await world.until(world.node().renewNow(id));
    assert.match(await world.state(id), /^(active|uncertain)$/);
    assert.equal(world.provider.controls.state().counts.answersLost, 1, 'there was an exchange');

    const next = await resolvedToken(world, id, { old, provider });
    const isLost = isSpentByUse(provider) && provider.refresh.reuseGraceMs === 0;
    assert.equal(await world.state(id), isLost ? 'reauth_required: answer_lost' : 'active');
    assert.equal(next !== undefined && world.provider.knowsAsGood(next), !isLost);
  });

  test(`${provider.name}: an answer that was cut off is not half a token set`, async () => {
    const { world, id } = await connected(provider);
    await using _ = world;
    await world.wait(2 * 60_000);
    if (provider.access.isAnswered !== false) await world.wait(agedMs(provider) - 30 * 60_000);
    world.provider.cutNextAnswer();
    await world.until(world.node().renewNow(id));
    assert.match(await world.state(id), /^(active|uncertain)$/);
  });

  test(`${provider.name}: an answer that comes late is taken all the same`, async () => {
    const { world, id } = await connected(provider);
    await using _ = world;
    const old = await world.node().accessToken(id);
    await world.wait(2 * 60_000);
    if (provider.access.isAnswered !== false) await world.wait(agedMs(provider) - 30 * 60_000);
    world.provider.delayNextAnswer('90s');
    await world.until(world.node().renewNow(id));
    await world.wait(3 * 60_000);
    const next = await world.node().accessToken(id);
    assert.notEqual(next, old);
    assert.equal(await world.state(id), 'active');
  });
}

/** Whether the answer that was lost had the only refresh token that still works in it. */
function isSpentByUse({ refresh }: Provider): boolean {
  return refresh.rotation === 'single-use' && refresh.answered !== 'sometimes';
}

/** Asks on until there is another token or the grant is over. */
async function resolvedToken(
  world: World,
  id: Awaited<ReturnType<World['connect']>>,
  { old, provider }: { readonly old: string; readonly provider: Provider },
): Promise<string | undefined> {
  for (let look = 0; look < 60; look += 1) {
    await world.wait(5 * 60_000);
    const need = provider.access.isAnswered === false ? { refused: old } : {};
    const renewal = await world.until(look % 2 === 0 ? world.node().renewNow(id) : world.node().getToken(id, need));
    if (renewal.kind === 'reauth_required') return undefined;
    if (renewal.kind === 'served' && renewal.tokens.accessToken.reveal() !== old)
      return renewal.tokens.accessToken.reveal();
  }
  return undefined;
}

/** Where the data only believe something, the simulator is switched to the other possibility. */
for (const provider of renewed) {
  for (const [claim, other] of otherWays(provider)) {
    test(`${provider.name}: lives on if ${claim} is the other way round (${JSON.stringify(other)})`, async () => {
      const { world, id } = await connected(provider);
      await using _ = world;
      world.provider.controls.set(other);
      const tokens = [await world.node().accessToken(id)];
      for (let round = 0; round < 3; round += 1) tokens.push(await renewOnce(world, id, provider));
      assert.equal(new Set(tokens).size, 4, 'each renewal brought another one');
      assert.equal(world.provider.knowsAsGood(tokens.at(-1) ?? ''), true);
      assert.equal(await world.state(id), 'active');
      assert.equal(world.provider.reuses, 0, 'nothing was presented twice');
    });
  }
}

function otherWays({ unverified, refresh }: Provider): readonly (readonly [string, SettingsPatch])[] {
  const switches: readonly (readonly [string, SettingsPatch])[] = [
    ['refresh.renewalKillsAccess', { killAccessOnRefresh: !refresh.renewalKillsAccess }],
    ['refresh.reuseKillsFamily', { familyKill: !refresh.reuseKillsFamily }],
    ['refresh.answered', { refreshAnswered: 'new' }],
    ['refresh.answered', { refreshAnswered: 'same' }],
    ['refresh.answered', { refreshAnswered: 'none' }],
    ['refresh.absoluteMs', { refreshLife: 'idle' }],
  ];
  return switches.filter(
    ([claim]) => unverified.includes(claim) || (claim === 'refresh.answered' && refresh.answered === 'sometimes'),
  );
}

for (const provider of endless) {
  test(`${provider.name}: connects, and its token is good until it is taken back`, async () => {
    await using world = await createWorld({ provider, workers: false });
    const id = await world.connect('alice');
    await world.wait(400 * DAY_MS);
    const token = await world.node().accessToken(id);
    assert.equal(world.provider.knowsAsGood(token), true);
    world.provider.removeApp('alice');
    assert.equal((await world.node().getToken(id, { refused: token })).kind, 'reauth_required');
  });
}

test('the story is told of all providers', () => {
  assert.equal(renewed.length + endless.length, CATALOGUE.length);
  assert.ok(timed.length > 0);
});
