import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { beginConnect } from '../../src/app/connecting.ts';
import { findApp, revokeConnection } from '../../src/app/connections.ts';
import { discoverProvider } from '../../src/app/discover-provider.ts';
import { openApp, type App } from '../../src/app/open.ts';
import { SYSTEM } from '../../src/app/system.ts';
import { handleConnect } from '../../src/app/web/connect-routes.ts';
import { connectApp } from '../../src/app/without-user.ts';
import { Secret } from '../../src/model/secret.ts';
import { isCode } from '../support/world.ts';
import { DEFAULT_TIMING } from '../../src/renewal/ports.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { CLIENT_ID, CLIENT_SECRET, ForeignServer, ROBOT_ID } from './foreign-server.ts';

const PUBLIC_URL = 'http://127.0.0.1:4180';

function openWith(issuer: string, clientId: string, secret = CLIENT_SECRET): Promise<App> {
  return openApp({
    openStore: (outside) => openSqliteStore({ path: ':memory:', ...outside, migrates: true }),
    keys: { given: new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`), prefersFile: false, isProduction: true },
    home: undefined,
    apps: [],
    issuers: [{ id: 'foreign', name: 'Foreign', issuer, options: { clientId, clientSecret: new Secret(secret) } }],
    publicUrl: PUBLIC_URL,
    returnUrls: [],
    timing: DEFAULT_TIMING,
    log: pino({ level: 'silent' }),
    outside: SYSTEM,
  });
}

function start(): Promise<ForeignServer> {
  return ForeignServer.start(`${PUBLIC_URL}/callback/foreign`);
}

/** Whether the server itself calls this token active (RFC 7662). */
async function isActive(server: ForeignServer, token: string): Promise<unknown> {
  const response = await fetch(`${server.url}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${ROBOT_ID}:${encoded(CLIENT_SECRET)}`).toString('base64')}` },
    body: new URLSearchParams({ token }),
  });
  return ((await response.json()) as { readonly active?: unknown }).active;
}

function encoded(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice(2);
}

describe('a server that we did not write, known by its issuer alone', () => {
  it('is understood from its own description', async () => {
    await using server = await start();
    const app = await discoverProvider(server.url, { id: 'foreign', clientId: CLIENT_ID, clientSecret: CLIENT_SECRET });
    const { endpoints, provider } = app;
    assert.deepEqual(
      [endpoints.issuer, endpoints.token, endpoints.authorization, endpoints.revocation, endpoints.jwks],
      [server.url, `${server.url}/token`, `${server.url}/auth`, `${server.url}/token/revocation`, `${server.url}/jwks`],
    );
    assert.deepEqual(
      [provider.pkce, provider.clientAuth.confidential, provider.identity.path],
      ['S256', 'basic', '/me'],
    );
    assert.deepEqual([provider.scopes.offline, provider.authorizationResponseIssuer], ['offline_access', true]);
    assert.equal(app.issuer, server.url);
  });

  it('is not believed under another name', async () => {
    await using server = await start();
    const byName = server.url.replace('127.0.0.1', 'localhost');
    const options = { id: 'foreign', clientId: CLIENT_ID };
    await assert.rejects(discoverProvider(byName, options), isCode('misconfigured'));
    await assert.rejects(discoverProvider(`${server.url}/`, options), isCode('misconfigured'));
    await assert.rejects(discoverProvider(`${server.url}/elsewhere`, options), isCode('misconfigured'));
  });

  it('connects a user, with the issuer in its answer, and renews', async () => {
    await using server = await start();
    const app = await openWith(server.url, CLIENT_ID);
    const { url } = await beginConnect({ provider: 'foreign', offline: true }, app);
    const departure = await handleConnect(new Request(url), app);
    const cookie = (departure?.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const page = departure?.headers.get('location') ?? '';
    assert.ok(new URL(page).searchParams.has('request_uri'), 'whatever can be pushed is');
    const back = await server.consent(page, 'alice');
    assert.equal(new URL(back).searchParams.get('iss'), server.url);
    const arrival = await handleConnect(new Request(back, { headers: { cookie } }), app);
    assert.equal(arrival?.status, 200, await arrival?.text());
    const connection = await app.store.connections.find('foreign:alice');
    assert.ok(connection?.state === 'active' && connection.hasRefreshToken);
    assert.equal((await app.tokens.renewNow(connection.id, 1)).version, 2);
    assert.equal(server.exchanges, 1);
    await app.close();
  });

  it('gives an app a token of its own, another one in its time, and is told when it is revoked', async () => {
    await using server = await start();
    const app = await openWith(server.url, ROBOT_ID);
    const { id, name, scopes } = await connectApp({ provider: 'foreign', scopes: ['read'] }, app);
    assert.deepEqual([name, scopes], ['foreign:app', ['read']]);
    const first = (await app.tokens.get(id)).accessToken.reveal();
    assert.equal(await isActive(server, first), true);
    const all = await Promise.all(Array.from({ length: 20 }, () => app.tokens.renewNow(id, 1)));
    const texts = new Set(all.map(({ accessToken }) => accessToken.reveal()));
    assert.equal(texts.size, 1);
    const [second = ''] = texts;
    assert.notEqual(second, first);
    await revokeConnection(id, { localOnly: false }, app);
    assert.equal(await isActive(server, second), false);
    await app.close();
  });

  it('refuses an app that may have users only, and a wrong secret: nothing is connected', async () => {
    await using server = await start();
    const cases = [
      [CLIENT_ID, CLIENT_SECRET],
      [ROBOT_ID, 'another-secret-of-32-characters-xyz'],
    ] as const;
    for (const [clientId, secret] of cases) {
      const app = await openWith(server.url, clientId, secret);
      await assert.rejects(connectApp({ provider: 'foreign' }, app), isCode('misconfigured'), clientId);
      assert.equal((await app.store.connections.list({ limit: 10 })).items.length, 0);
      await app.close();
    }
  });

  it('has gone away before the start: that is said, and the start succeeds', async () => {
    const server = await start();
    await server[Symbol.asyncDispose]();
    const app = await openWith(server.url, CLIENT_ID);
    assert.throws(() => findApp('foreign', app), isCode('unavailable'));
    await app.close();
  });
});
