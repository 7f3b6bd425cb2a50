import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createOAuthUserAuth } from '@octokit/auth-oauth-user';
import * as arctic from 'arctic';
import { AuthorizationCode } from 'simple-oauth2';
import { TwitterApi, type ITwitterApiClientPlugin } from 'twitter-api-v2';
import { importTokens, type ImportRequest } from '../../src/app/connections.ts';
import type { App } from '../../src/app/open.ts';
import { SYSTEM } from '../../src/app/system.ts';
import { blocksOf } from '../docs/guide-blocks.ts';
import { IndependentWorld, REDIRECT } from '../independent/world.ts';
import { openTestApp } from '../server/served-kippu.ts';

/**
 * The functions of the guide, run over what the packages really give, and imported. What Auth.js and Better Auth store was
 * recorded with them (`record.mjs`). What Nango answers is made up after its documentation.
 */
type Convert = (stored: unknown, receivedAtMs?: number) => Omit<ImportRequest, 'provider'>;

const GUIDE = 'coming-from.md';
const APP = { id: 'a-client', secret: 'a-client-secret' };
const SCOPES = ['tweet.read', 'users.read', 'offline.access'];
const HOUR_MS = 3_600_000;

const folder = mkdtempSync(path.join(tmpdir(), 'kippu-coming-from-'));
const converters = new Map<string, Convert>();

before(async () => {
  for (const { name, text } of blocksOf(GUIDE)) {
    const [, block = ''] = name.split(' ');
    if (!/export function from/.test(text)) continue;
    const file = path.join(folder, block.replace(/\.ts$/, '.mts'));
    writeFileSync(file, text);
    const [convert] = Object.values((await import(pathToFileURL(file).href)) as Record<string, Convert>);
    assert.ok(convert !== undefined, block);
    converters.set(block, convert);
  }
});

after(() => rmSync(folder, { recursive: true }));

function converter(block: string): Convert {
  const found = converters.get(block);
  assert.ok(found !== undefined, `${GUIDE} has no ${block}`);
  return found;
}

describe('who comes from another library', () => {
  it('finds a tested function for each of them', () => {
    assert.deepEqual(
      [...converters.keys()].sort(),
      ['arctic', 'authjs', 'better-auth', 'nango', 'octokit', 'simple-oauth2', 'twitter-api-v2'].map(
        (name) => `${name}.ts`,
      ),
    );
  });

  it('takes along what arctic gave', async (t) => {
    await using world = await IndependentWorld.open('x', APP);
    world.divert(t);
    const x = new arctic.Twitter(APP.id, APP.secret, REDIRECT);
    const verifier = arctic.generateCodeVerifier();
    const back = await world.decide(x.createAuthorizationURL('a-state', verifier, SCOPES));
    const tokens = await x.validateAuthorizationCode(back.searchParams.get('code') ?? '', verifier);
    await livesOn(world, converter('arctic.ts')(tokens, Date.now()));
  });

  it('takes along what arctic gave long ago, and takes it for over', async (t) => {
    await using world = await IndependentWorld.open('x', APP);
    world.divert(t);
    const x = new arctic.Twitter(APP.id, APP.secret, REDIRECT);
    const verifier = arctic.generateCodeVerifier();
    const back = await world.decide(x.createAuthorizationURL('a-state', verifier, SCOPES));
    const tokens = await x.validateAuthorizationCode(back.searchParams.get('code') ?? '', verifier);
    const { expires_at: endsAt } = converter('arctic.ts')(tokens, Date.now() - 3 * HOUR_MS);
    assert.ok(Number(endsAt) * 1000 < Date.now() - 0.9 * HOUR_MS);
  });

  it('takes along what a program kept of simple-oauth2', async () => {
    await using world = await IndependentWorld.open('x', APP);
    const { authorization, token } = world.provider.endpoints;
    const client = new AuthorizationCode({
      client: APP,
      auth: {
        tokenHost: world.sim.url,
        tokenPath: new URL(token).pathname,
        authorizePath: new URL(authorization).pathname,
      },
      options: { authorizationMethod: 'header' },
    });
    const asked = { redirect_uri: REDIRECT, scope: SCOPES.join(' '), state: 'a-state' };
    const pkce = { code_challenge: 'a'.repeat(43), code_challenge_method: 'plain' };
    const back = await world.decide(client.authorizeURL({ ...asked, ...pkce }));
    const code = back.searchParams.get('code') ?? '';
    const kept = await client.getToken({ code, redirect_uri: REDIRECT, code_verifier: 'a'.repeat(43) });
    await livesOn(world, converter('simple-oauth2.ts')(JSON.stringify(kept)));
  });

  it('takes along what twitter-api-v2 gave, at a login and at a renewal', async () => {
    for (const isRenewed of [false, true]) {
      await using world = await IndependentWorld.open('x', APP);
      const client = new TwitterApi({ clientId: APP.id, clientSecret: APP.secret }, { plugins: [roadTo(world)] });
      const { url, codeVerifier } = consentLink(client);
      const back = await world.decide(url);
      const code = back.searchParams.get('code') ?? '';
      const login = await client.loginWithOAuth2({ code, codeVerifier, redirectUri: REDIRECT });
      const kept = isRenewed ? await client.refreshOAuth2Token(login.refreshToken ?? '') : login;
      await livesOn(world, converter('twitter-api-v2.ts')(kept, Date.now()), { renewals: isRenewed ? 2 : 1 });
    }
  });

  it('takes along what Octokit gave', async (t) => {
    await using world = await IndependentWorld.open('github', APP);
    await livesOn(world, converter('octokit.ts')(await octokitAuthentication(world, t)));
  });

  it('takes along what Octokit gave to an app whose tokens never end', async (t) => {
    await using world = await IndependentWorld.open('github', APP);
    world.sim.set({ tokensExpire: false });
    const converted = converter('octokit.ts')(await octokitAuthentication(world, t));
    assert.equal(converted.refresh_token, undefined);
    await using kippu = await Imported.open(world, converted);
    assert.equal(await kippu.token(), converted.access_token);
  });

  for (const [block, recording] of [
    ['authjs.ts', 'authjs.json'],
    ['better-auth.ts', 'better-auth.json'],
  ] as const) {
    it(`finds everything in a row of ${recording.replace('.json', '')}`, () => {
      const { row, tokens } = readRecording(recording);
      const converted = converter(block)(row);
      assert.equal(converted.access_token, tokens.access);
      assert.equal(converted.refresh_token, tokens.refresh);
      assert.equal(converted.owner, row['userId']);
      assert.equal(converted.subject, tokens.subject);
      assert.deepEqual(converted.scope?.split(' ').sort(), [...SCOPES].sort());
      // The recording was made in 2026, of a token that lives two hours.
      assert.equal(new Date(instantOf(converted.expires_at)).getFullYear(), 2026);
    });

    it(`lives on with a row of ${recording.replace('.json', '')}, whose access token ended long ago`, async () => {
      await using world = await IndependentWorld.open('x', APP);
      const fresh = await tokensFrom(world);
      const { row } = readRecording(recording);
      const stored = { ...row, access_token: fresh.access, refresh_token: fresh.refresh };
      const camel = { ...row, accessToken: fresh.access, refreshToken: fresh.refresh };
      const over = { expires_at: 1_600_000_000, accessTokenExpiresAt: new Date(1_600_000_000_000) };
      const converted = converter(block)({ ...('access_token' in row ? stored : camel), ...over });
      await livesOn(world, converted, { isAccessOver: true });
    });

    it(`leaves out what a row of ${recording.replace('.json', '')} has no value for`, () => {
      const { row } = readRecording(recording);
      const empty = Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          /id$/i.test(name) && !/^id_?token$/i.test(name) ? value : null,
        ]),
      );
      assert.deepEqual(Object.keys(converter(block)(empty)).sort(), ['owner', 'subject']);
    });
  }

  it('takes along what Nango answers, as its documentation shows it', async () => {
    await using world = await IndependentWorld.open('x', APP);
    const { access, refresh } = await tokensFrom(world);
    const answer = {
      id: 1,
      provider_config_key: 'twitter-v2',
      connection_id: 'user-17',
      credentials: {
        type: 'OAUTH2',
        access_token: access,
        refresh_token: refresh,
        expires_at: new Date(Date.now() + 2 * HOUR_MS).toISOString(),
        raw: { access_token: access, token_type: 'bearer', scope: SCOPES.join(' ') },
      },
      connection_config: {},
      metadata: {},
    };
    const converted = converter('nango.ts')(answer);
    assert.equal(converted.owner, 'user-17');
    await livesOn(world, converted);
    const oauth1 = { ...answer, credentials: { type: 'OAUTH1', oauth_token: 'a', oauth_token_secret: 'b' } };
    assert.throws(() => converter('nango.ts')(oauth1), /user-17 is OAUTH1/);
  });
});

/** Imported, the connection serves what was brought, renews it once when it has ended, and nothing is presented twice. */
async function livesOn(
  world: IndependentWorld,
  converted: Omit<ImportRequest, 'provider'>,
  { renewals = 1, isAccessOver = false } = {},
): Promise<void> {
  await using kippu = await Imported.open(world, converted);
  if (!isAccessOver) {
    assert.equal(await kippu.token(), converted.access_token);
    kippu.hoursLater(3 * 3);
  }
  const renewed = await kippu.token();
  assert.notEqual(renewed, converted.access_token);
  assert.ok(await world.isAlive(renewed));
  const { counts } = world.sim.state();
  assert.equal(counts.renewals, renewals);
  assert.equal(counts.presentedTwice, 0);
  await assert.rejects(importTokens(asSent(world, converted), kippu.app), { code: 'conflict' });
}

/** As it travels: without what JSON leaves out, and with dates as texts. */
function asSent(world: IndependentWorld, converted: Omit<ImportRequest, 'provider'>): ImportRequest {
  return { provider: world.provider.id, ...(JSON.parse(JSON.stringify(converted)) as object) };
}

class Imported implements AsyncDisposable {
  readonly app: App;
  readonly #id: Parameters<App['tokens']['get']>[0];
  readonly #ahead: { ms: number };

  private constructor(app: App, id: Parameters<App['tokens']['get']>[0], ahead: { ms: number }) {
    this.app = app;
    this.#id = id;
    this.#ahead = ahead;
  }

  static async open(world: IndependentWorld, converted: Omit<ImportRequest, 'provider'>): Promise<Imported> {
    const ahead = { ms: 0 };
    const clock = { ...SYSTEM.clock, nowMs: () => SYSTEM.clock.nowMs() + ahead.ms };
    const app = await openTestApp({
      outside: { ...SYSTEM, clock },
      publicUrl: 'http://127.0.0.1:4180',
      baseUrl: world.sim.url,
      provider: world.provider,
    });
    const { id } = await importTokens(asSent(world, converted), app);
    return new Imported(app, id, ahead);
  }

  async token(): Promise<string> {
    return (await this.app.tokens.get(this.#id, {}, {})).accessToken.reveal();
  }

  hoursLater(hours: number): void {
    this.#ahead.ms += hours * HOUR_MS;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
  }
}

/** Its requests are its own, over `node:https`; a plugin may answer them first. */
function roadTo(world: IndependentWorld): ITwitterApiClientPlugin {
  return {
    onBeforeRequestConfig: async ({ url, params: { method, body = {} } }) => {
      const answer = await world.fetch(url, {
        method,
        headers: { authorization: `Basic ${Buffer.from(`${APP.id}:${APP.secret}`).toString('base64')}` },
        body: new URLSearchParams(body as Record<string, string>),
      });
      const data: unknown = await answer.json();
      assert.equal(answer.status, 200, JSON.stringify(data));
      return { data, headers: Object.fromEntries(answer.headers) };
    },
  };
}

/** It names the method of PKCE in lower case; the simulator keeps to the RFC. */
function consentLink(client: TwitterApi): { readonly url: string; readonly codeVerifier: string } {
  const { url, codeVerifier } = client.generateOAuth2AuthLink(REDIRECT, { scope: SCOPES });
  return { url: url.replace('code_challenge_method=s256', 'code_challenge_method=S256'), codeVerifier };
}

async function octokitAuthentication(world: IndependentWorld, t: TestContext): Promise<unknown> {
  world.divert(t);
  const address = new URL(world.provider.endpoints.authorization);
  address.search = new URLSearchParams({ client_id: APP.id, redirect_uri: REDIRECT, state: 'a-state' }).toString();
  const back = await world.decide(address);
  const auth = createOAuthUserAuth({
    clientType: 'github-app',
    clientId: APP.id,
    clientSecret: APP.secret,
    code: back.searchParams.get('code') ?? '',
  });
  // What a program keeps is JSON.
  return JSON.parse(JSON.stringify(await auth())) as unknown;
}

/** Fresh tokens of X, from whichever client. */
async function tokensFrom(world: IndependentWorld): Promise<{ readonly access: string; readonly refresh: string }> {
  const client = new TwitterApi({ clientId: APP.id, clientSecret: APP.secret }, { plugins: [roadTo(world)] });
  const { url, codeVerifier } = consentLink(client);
  const back = await world.decide(url);
  const code = back.searchParams.get('code') ?? '';
  const { accessToken, refreshToken = '' } = await client.loginWithOAuth2({
    code,
    codeVerifier,
    redirectUri: REDIRECT,
  });
  return { access: accessToken, refresh: refreshToken };
}

function readRecording(name: string) {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  const { row } = JSON.parse(text) as { readonly row: Readonly<Record<string, unknown>> };
  const tokens = {
    access: row['access_token'] ?? row['accessToken'],
    refresh: row['refresh_token'] ?? row['refreshToken'],
    subject: row['providerAccountId'] ?? row['accountId'],
  };
  return { row, tokens };
}

/** Seconds or a text, as the import takes them. */
function instantOf(value: unknown): number {
  return typeof value === 'number' ? value * 1000 : Date.parse(new Date(value as string).toISOString());
}
