import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auth0Data } from '../../src/providers/data/auth0.ts';
import { xData } from '../../src/providers/data/x.ts';
import { auth0, github } from '../../src/providers/index.ts';
import { issuerIdentifier, providerApp } from '../../src/providers/provider-app.ts';
import { isCode } from '../support/world.ts';

const APP = { clientId: 'an-app', domain: 'acme.us.auth0.com' };
const DAY_MS = 86_400_000;

test('an app at Auth0 needs its domain, and the message names the variable', () => {
  assert.throws(
    () => auth0({ clientId: 'an-app' }),
    (error) => isCode('invalid')(error) && /KIPPU_AUTH0_DOMAIN/.test(String(error)),
  );
});

for (const domain of ['https://acme.us.auth0.com', 'acme.us.auth0.com/', 'acme us', '', '-'])
  test(`"${domain}" is no domain`, () => {
    assert.throws(() => auth0({ ...APP, domain }), isCode('invalid'));
  });

test('every endpoint, the keys and the issuer are the tenant’s own; a custom domain is as good', () => {
  for (const domain of ['acme.us.auth0.com', 'login.acme.example']) {
    const app = auth0({ ...APP, domain });
    for (const url of Object.values(app.endpoints)) assert.equal(new URL(url).host, domain);
    assert.equal(issuerIdentifier(app), `https://${domain}/`, 'with the slash that Auth0 has in it');
    assert.equal(app.endpoints.jwks, `https://${domain}/.well-known/jwks.json`);
  }
});

test('apps of two tenants are two apps: tokens of one are never sent to the other', () => {
  assert.notEqual(auth0(APP).id, auth0({ ...APP, domain: 'acme.eu.auth0.com' }).id);
});

test('at a base URL no domain is needed, and the issuer moves along', () => {
  const app = auth0({ clientId: 'an-app', baseUrl: 'http://127.0.0.1:4182' });
  assert.equal(issuerIdentifier(app), 'http://127.0.0.1:4182/');
  assert.equal(app.endpoints.token, 'http://127.0.0.1:4182/oauth/token');
});

test('without settings an app has those of a new one: rotation, no leeway, thirty days and thirty days', () => {
  const { refresh } = auth0(APP).provider;
  const { rotation, reuseGraceMs, absoluteMs, idleMs, reuseKillsFamily } = refresh;
  assert.deepEqual(
    { rotation, reuseGraceMs, absoluteMs, idleMs, reuseKillsFamily },
    {
      rotation: 'single-use',
      reuseGraceMs: 0,
      absoluteMs: 30 * DAY_MS,
      idleMs: 30 * DAY_MS,
      reuseKillsFamily: true,
    },
  );
  assert.equal(auth0(APP).replayInLeeway, false);
});

test('the app’s own settings go before them, and others stay', () => {
  const { refresh } = auth0({
    ...APP,
    refresh: { leewayMs: 60_000, lifetimeMs: 365 * DAY_MS, idleMs: 'never' },
  }).provider;
  assert.equal(refresh.reuseGraceMs, 60_000);
  assert.equal(refresh.absoluteMs, 365 * DAY_MS);
  assert.equal(refresh.idleMs, undefined);
  assert.equal(refresh.rotation, 'single-use');
  assert.equal(auth0Data.refresh.reuseGraceMs, 0, 'and nobody else’s change');
});

test('refresh tokens that do not rotate may be presented again, and no reuse kills anything', () => {
  const { refresh } = auth0({ ...APP, refresh: { rotation: 'non-rotating', lifetimeMs: 'never' } }).provider;
  assert.deepEqual([refresh.rotation, refresh.reuseKillsFamily, refresh.absoluteMs], ['reusable', false, undefined]);
});

test('what another provider leaves no choice about is refused, not silently left out', () => {
  for (const options of [
    { audience: 'https://api.example.com' },
    { organization: 'org_acme' },
    { refresh: { leewayMs: 1 } },
    { refresh: { rotation: 'non-rotating' } },
    { host: 'x.example.com' },
  ] as const)
    assert.throws(() => providerApp(xData, { clientId: 'an-app', ...options }), isCode('invalid'));
  assert.doesNotThrow(() => providerApp(xData, { clientId: 'an-app', refresh: { leewayMs: undefined } }));
  assert.doesNotThrow(() => github({ clientId: 'an-app' }));
});
