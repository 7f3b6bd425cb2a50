import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import { identityUrl } from '../../src/protocol/identity.ts';
import { CATALOGUE, type Provider } from '../../src/providers/index.ts';
import { entraData } from '../../src/providers/data/entra.ts';
import { gitlabData } from '../../src/providers/data/gitlab.ts';
import { googleData } from '../../src/providers/data/google.ts';
import { linkedinData } from '../../src/providers/data/linkedin.ts';
import { notionData } from '../../src/providers/data/notion.ts';
import { slackData } from '../../src/providers/data/slack.ts';
import { spotifyData } from '../../src/providers/data/spotify.ts';
import { tiktokData } from '../../src/providers/data/tiktok.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { createWorld, isCode, type World } from '../support/world.ts';

/** What each provider is known to trip people up with. */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

function named(id: string): Provider {
  const provider = CATALOGUE.find((one) => one.id === id);
  if (provider === undefined) throw new TypeError(`There is no ${id}.`);
  return provider;
}

/** A quiet world with a connection whose access token is over. */
async function worldWithOldToken(
  provider: Provider,
): Promise<{ readonly world: World; readonly id: Awaited<ReturnType<World['connect']>> }> {
  const world = await createWorld({ provider, workers: false });
  const id = await world.connect('alice');
  await world.wait(provider.access.lifetimeMs + MINUTE_MS);
  return { world, id };
}

/** Words for a dead grant that differ from the usual ones, and what becomes of the connection. */
const DEAD: readonly (readonly [id: string, deadAs: string | null, reason: string])[] = [
  ['google', null, 'rejected_unknown'],
  ['google', 'invalid_rapt', 'expired'],
  ['google', 'admin_policy_enforced', 'revoked_by_provider'],
  ['entra', null, 'expired'],
  ['entra', '70008', 'expired'],
  ['entra', '50173', 'revoked_by_provider'],
  ['entra', 'interaction_required', 'rejected_unknown'],
  ['entra', 'consent_required', 'revoked_by_provider'],
  ['spotify', null, 'rejected_unknown'],
  ['linkedin', null, 'rejected_unknown'],
  ['slack', null, 'rejected_unknown'],
  ['discord', null, 'rejected_unknown'],
  ['gitlab', null, 'rejected_unknown'],
  ['tiktok', null, 'rejected_unknown'],
  ['tiktok', 'access_token_invalid', 'rejected_unknown'],
  ['dropbox', null, 'rejected_unknown'],
  ['atlassian', null, 'rejected_unknown'],
  ['atlassian', 'invalid_grant', 'rejected_unknown'],
  ['hubspot', null, 'rejected_unknown'],
  ['zoom', null, 'rejected_unknown'],
  ['zoom', 'invalid_request', 'rejected_unknown'],
  ['line', null, 'rejected_unknown'],
];

for (const [id, deadAs, reason] of DEAD) {
  test(`${id}: ${deadAs ?? 'the usual words for a dead grant'} ends it (${reason}), and is not asked again`, async () => {
    const { world, id: alice } = await worldWithOldToken(named(id));
    await using _ = world;
    world.provider.controls.set({ deadAs });
    world.provider.removeApp('alice');
    assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
    assert.equal(await world.state(alice), `reauth_required: ${reason}`);
    const { length } = world.provider.sent;
    await world.wait(7 * DAY_MS);
    assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
    assert.equal(world.provider.sent.length, length);
  });
}

/** What a wrong secret is answered with: everybody's connections stay. */
const WRONG_SECRET: readonly (readonly [id: string, status: number, body: Record<string, unknown>])[] = [
  ['google', 401, { error: 'invalid_client', error_description: 'Unauthorized' }],
  [
    'entra',
    401,
    {
      error: 'invalid_client',
      error_description: 'AADSTS7000215: Invalid client secret provided.',
      error_codes: [7_000_215],
    },
  ],
  ['entra', 400, { error: 'invalid_request', error_description: 'AADSTS9002327: …', error_codes: [9_002_327] }],
  ['slack', 200, { ok: false, error: 'bad_client_secret' }],
  ['slack', 200, { ok: false, error: 'token_rotation_not_enabled' }],
  ['atlassian', 401, { error: 'access_denied', error_description: 'Unauthorized' }],
  ['gitlab', 401, { error: 'invalid_client' }],
];

for (const [id, status, body] of WRONG_SECRET) {
  test(`${id}: ${String(body['error'])} (${status}) is ours to fix, and ends nobody's grant`, async () => {
    const { world, id: alice } = await worldWithOldToken(named(id));
    await using _ = world;
    world.provider.answerNext(status, body);
    assert.equal((await world.node().getToken(alice)).kind, 'misconfigured');
    assert.equal(await world.state(alice), 'active');
  });
}

test('google: asks for offline access and for the consent page, because else there is no refresh token', async () => {
  await using world = await createWorld({ provider: googleData, workers: false });
  const browser = world.browser();
  const page = new URL(await browser.open(await browser.begin()));
  assert.equal(page.searchParams.get('access_type'), 'offline');
  assert.equal(page.searchParams.get('prompt'), 'consent');
  page.searchParams.delete('access_type');
  await browser.comeBack(browser.allow(page.href, 'alice'));
  const [id] = (await world.node().look.connections.list({ limit: 1 })).items;
  assert.equal(id?.hasRefreshToken, false, 'without it, none comes');
});

test('google: a consent without a refresh token drops the earlier one, and a renewal without one keeps it', async () => {
  await using world = await createWorld({ provider: googleData, workers: false });
  const alice = await world.connect('alice');
  for (let hour = 0; hour < 3; hour += 1) {
    await world.wait(61 * MINUTE_MS);
    await world.node().accessToken(alice);
  }
  assert.equal((await world.connection(alice)).hasRefreshToken, true);
  const presented = new Set(world.provider.presentations.map((one) => one.presented));
  assert.deepEqual([world.provider.renewals, presented.size], [3, 1], 'the same one three times');
  world.provider.controls.set({ withholdRefresh: true });
  await world.connect('alice', { again: alice });
  assert.equal((await world.connection(alice)).hasRefreshToken, false);
});

test('google: an app in testing is warned a day before the seventh day, and dies on it', async () => {
  const testing = {
    ...googleData,
    refresh: { ...googleData.refresh, absoluteMs: googleData.refresh.testingAbsoluteMs },
  };
  const { provider } = providerApp(googleData, { clientId: 'a-client', testing: true });
  assert.deepEqual(provider.refresh, testing.refresh);
  await using world = await createWorld({ provider });
  const alice = await world.connect('alice');
  await world.advance(5 * DAY_MS);
  assert.equal((await world.events('connection.reauth_soon')).length, 0);
  await world.advance(1.5 * DAY_MS);
  assert.equal((await world.events('connection.reauth_soon')).length, 1);
  await world.advance(DAY_MS);
  assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
});

test('google: one that is not in testing is used once in half a year, and lives on', async () => {
  await using world = await createWorld({ provider: googleData });
  const alice = await world.connect('alice');
  await world.advance(400 * DAY_MS);
  assert.equal(world.provider.knowsAsGood(await world.node().accessToken(alice)), true);
  assert.ok(world.provider.renewals <= 5, 'and not more often than it must');
});

test('google: the hundred and first grant of one account ends the oldest', async () => {
  await using world = await createWorld({ provider: googleData, workers: false });
  const first = await world.connect('alice', { owner: 'owner-0', name: 'alice 0' });
  for (let index = 1; index <= 100; index += 1)
    await world.connect('alice', { owner: `owner-${index}`, name: `alice ${index}` });
  await world.wait(61 * MINUTE_MS);
  assert.equal((await world.node().getToken(first)).kind, 'reauth_required');
});

test('google: a device is connected with a code', async () => {
  await using world = await createWorld({ provider: googleData });
  const device = await world.device();
  device.allow('alice');
  await world.advance('1m');
  const { items } = await world.node().look.connections.list({ limit: 1 });
  assert.equal(items[0]?.handle, 'alice');
  assert.equal(items[0]?.hasRefreshToken, true);
});

test('google: it is asked whose token it is on another host than its APIs', () => {
  const app = providerApp(googleData, { clientId: 'a-client' });
  assert.equal(identityUrl(app), 'https://openidconnect.googleapis.com/v1/userinfo');
  assert.equal(
    identityUrl(providerApp(googleData, { clientId: 'a', baseUrl: 'http://127.0.0.1:9' })),
    'http://127.0.0.1:9/v1/userinfo',
  );
});

test('entra: an old refresh token stays good, so a lost answer costs nothing', async () => {
  const { world, id: alice } = await worldWithOldToken(entraData);
  await using _ = world;
  world.provider.loseNextAnswer();
  assert.equal((await world.until(world.node().getToken(alice))).kind, 'unavailable');
  assert.equal(await world.state(alice), 'active', 'nothing is in doubt');
  await world.wait('1m');
  assert.equal(world.provider.knowsAsGood(await world.node().accessToken(alice)), true);
  assert.equal(world.provider.reuses, 0);
});

test('entra: each renewal brings another refresh token, which is the one that is presented next', async () => {
  await using world = await createWorld({ provider: entraData, workers: false });
  const alice = await world.connect('alice');
  for (let hour = 0; hour < 3; hour += 1) {
    await world.wait(61 * MINUTE_MS);
    await world.node().accessToken(alice);
  }
  assert.equal(new Set(world.provider.presentations.map(({ presented }) => presented)).size, 3);
});

test('entra: the tenant stands in the addresses, and must be one', () => {
  const { endpoints, id } = providerApp(entraData, { clientId: 'a', tenant: 'contoso.onmicrosoft.com' });
  assert.equal(
    endpoints.authorization,
    'https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/authorize',
  );
  assert.equal(endpoints.token, 'https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token');
  assert.equal(endpoints.api, 'https://graph.microsoft.com');
  assert.equal(
    id,
    providerApp(entraData, { clientId: 'a' }).id,
    'a refresh token is bound to user and client, not to a tenant',
  );
  for (const tenant of ['../x', 'a/b', '', 'https://x']) {
    assert.throws(() => providerApp(entraData, { clientId: 'a', tenant }), isCode('invalid'), tenant);
  }
  assert.throws(() => providerApp(googleData, { clientId: 'a', tenant: 'common' }), isCode('invalid'));
  assert.throws(() => providerApp(entraData, { clientId: 'a', testing: true }), isCode('invalid'));
});

for (const answered of ['new', 'sometimes', 'none'] as const) {
  test(`spotify: six months after the consent it is over, whatever was renewed (a refresh token comes: ${answered})`, async () => {
    await using world = await createWorld({ provider: spotifyData });
    world.provider.controls.set({ refreshAnswered: answered });
    const alice = await world.connect('alice');
    const grantedAtMs = world.clock.nowMs();
    for (let week = 0; week < 25; week += 1) {
      await world.advance(7 * DAY_MS);
      await world.node().accessToken(alice);
      assert.equal((await world.connection(alice)).refreshExpiresAtMs, grantedAtMs + 180 * DAY_MS);
    }
    await world.advance(4 * DAY_MS + 12 * 60 * MINUTE_MS);
    assert.equal((await world.events('connection.reauth_soon')).length, 3, 'a month, a week and a day before');
    await world.advance(2 * DAY_MS);
    assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
    await world.connect('alice', { again: alice });
    assert.equal((await world.connection(alice)).refreshExpiresAtMs, world.clock.nowMs() + 180 * DAY_MS);
  });
}

test('linkedin: the answer says what is left of the year, and no renewal makes it longer', async () => {
  await using world = await createWorld({ provider: linkedinData, workers: false });
  const alice = await world.connect('alice');
  const endsAtMs = (await world.connection(alice)).refreshExpiresAtMs ?? 0;
  assert.ok(Math.abs(endsAtMs - world.clock.nowMs() - 365 * DAY_MS) < MINUTE_MS);
  await world.wait(61 * DAY_MS);
  await world.node().accessToken(alice);
  assert.ok(Math.abs(((await world.connection(alice)).refreshExpiresAtMs ?? 0) - endsAtMs) < MINUTE_MS);
});

test('slack: an app without token rotation gets a token that never ends', async () => {
  await using world = await createWorld({ provider: slackData, workers: false });
  world.provider.controls.set({ tokensExpire: false });
  const alice = await world.connect('alice');
  const { accessExpiresAtMs, hasRefreshToken } = await world.connection(alice);
  assert.deepEqual([accessExpiresAtMs, hasRefreshToken], [undefined, false]);
  await world.wait(400 * DAY_MS);
  assert.equal(world.provider.knowsAsGood(await world.node().accessToken(alice)), true);
});

test('slack: a token that it refuses with a 200 is known as refused', async () => {
  await using world = await createWorld({ provider: slackData, workers: false });
  world.provider.script((request) =>
    request.url.endsWith('/api/auth.test') ? jsonAnswer(200, { ok: false, error: 'token_revoked' }) : undefined,
  );
  const finished = await world.browser().consent('alice');
  assert.equal(finished.kind === 'failed' && finished.failure, 'provider_refused');
});

test('gitlab: a renewal names the callback of its consent, also after a restart', async () => {
  await using world = await createWorld({ provider: gitlabData, workers: false });
  const alice = await world.connect('alice');
  await world.wait(121 * MINUTE_MS);
  const first = await world.node().accessToken(alice);
  await world.node().restart();
  await world.wait(121 * MINUTE_MS);
  assert.notEqual(await world.node().accessToken(alice), first);
  for (const { form } of world.provider.presentations)
    assert.equal(form.get('redirect_uri'), 'http://127.0.0.1:4180/callback/gitlab');
  assert.equal(world.provider.knowsAsGood(first), false, 'the renewal ended it');
});

test('tiktok: the client is named by its key, and the answer decides how long the refresh token lives', async () => {
  await using world = await createWorld({ provider: tiktokData, workers: false });
  const alice = await world.connect('alice');
  const [exchange] = world.provider.sentTo('/v2/oauth/token/');
  assert.equal(exchange?.form.get('client_key'), 'a-client');
  assert.equal(exchange?.form.has('client_id'), false);
  assert.equal((await world.connection(alice)).refreshExpiresAtMs, world.clock.nowMs() + 180 * DAY_MS);
});

test('notion: token requests are JSON, and only a refusal tells that a token is over', async () => {
  await using world = await createWorld({ provider: notionData, workers: false });
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  await world.wait(DAY_MS);
  assert.equal(await world.node().accessToken(alice), token, 'nobody said that it ends');
  const next = await world.node().accessToken(alice, { refused: token });
  assert.equal(world.provider.knowsAsGood(next), true);
});

for (const id of ['gitlab', 'salesforce', 'mastodon']) {
  test(`${id}: its customers' hosts are hosts of it`, () => {
    const host = id === 'salesforce' ? 'acme.my.salesforce.com' : 'social.example.org';
    const app = providerApp(named(id), { clientId: 'a', clientSecret: new Secret('s'), host });
    for (const url of Object.values(app.endpoints)) assert.equal(new URL(url).host, host);
  });
}

test('salesforce: a host that is none of its own is refused', () => {
  assert.throws(
    () => providerApp(named('salesforce'), { clientId: 'a', host: 'salesforce.example.org' }),
    isCode('invalid'),
  );
});

for (const graceForksFamily of [false, true]) {
  test(`atlassian: ten minutes after a lost answer, ${graceForksFamily ? 'a window that forks is not used' : 'the same refresh token brings the pair'}`, async () => {
    const atlassian = named('atlassian');
    const provider = { ...atlassian, refresh: { ...atlassian.refresh, graceForksFamily } };
    const { world, id: alice } = await worldWithOldToken(provider);
    await using _ = world;
    world.provider.loseNextAnswer();
    await world.until(world.node().renewNow(alice));
    await world.wait('5m');
    await world.until(world.node().renewNow(alice));
    assert.equal(await world.state(alice), 'active', 'nothing is left to lose either way');
  });
}

test('a name with spaces makes a name without', async () => {
  await using world = await createWorld({ provider: named('line'), workers: false });
  world.provider.script((request) =>
    request.url.endsWith('/v2/profile') ? jsonAnswer(200, { userId: 'U1', displayName: 'Alice in  Tokyo' }) : undefined,
  );
  const alice = await world.connect('alice');
  const { name, handle } = await world.connection(alice);
  assert.deepEqual([name, handle], ['line:Alice-in-Tokyo', 'Alice in  Tokyo']);
});
