import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callApi, type ApiCall } from '../../src/app/call.ts';
import type { Access, AccessNeed, AccessTokens } from '../../src/model/access-tokens.ts';
import { KippuError } from '../../src/model/errors.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../src/model/http.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import { gitlabData } from '../../src/providers/data/gitlab.ts';
import { googleData } from '../../src/providers/data/google.ts';
import { CATALOGUE } from '../../src/providers/index.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { reachOf } from '../../src/providers/reach.ts';
import { Nonces } from '../../src/protocol/nonces.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { isCode } from '../support/world.ts';

const ALICE = 'con_alice' as ConnectionId;

describe('a call of the provider’s API', () => {
  it('carries a good token, and never what the caller put in its place', async () => {
    const { sent, call } = world([200]);
    await call({ headers: { authorization: 'Bearer stolen' } });
    assert.equal(sent[0]?.headers['authorization'], 'Bearer token-1');
  });

  it('carries no proof of the caller’s, however he spells it', async () => {
    const { sent, call } = world([200]);
    await call({ headers: { Authorization: 'Bearer stolen', DPoP: 'of another key', accept: 'a/b' } });
    assert.deepEqual(sent[0]?.headers, { accept: 'a/b', authorization: 'Bearer token-1' });
  });

  it('carries a static key in its own header, and in no other', async () => {
    const { sent, call } = world([200], undefined, { carrier: { header: 'X-Api-Key', scheme: '' } });
    await call({ headers: { 'X-API-KEY': 'stolen', accept: 'a/b' } });
    assert.deepEqual(sent[0]?.headers, { accept: 'a/b', 'x-api-key': 'token-1' });
  });

  it('is repeated once, with another token, after a 401', async () => {
    const { sent, needs, call } = world([401, 200]);
    assert.equal((await call()).status, 200);
    assert.deepEqual(
      sent.map(({ headers }) => headers['authorization']),
      ['Bearer token-1', 'Bearer token-2'],
    );
    assert.equal(needs[1]?.refused?.reveal(), 'token-1');
  });

  it('with a header that HTTP cannot carry is the caller’s to put right, and not to try again', async () => {
    const { call } = world(['unsendable']);
    await assert.rejects(call(), (error) => error instanceof KippuError && error.code === 'invalid');
  });

  it('is not repeated a second time', async () => {
    const { sent, call } = world([401, 401]);
    assert.equal((await call()).status, 401);
    assert.equal(sent.length, 2);
  });

  it('goes to today’s host when it names an older one', async () => {
    const { sent, call } = world([200]);
    await call({ url: 'https://api.twitter.com/2/users/me?a=b' });
    assert.equal(sent[0]?.url, 'https://api.x.com/2/users/me?a=b');
  });

  for (const url of [
    'https://evil.example/2/users/me',
    'https://api.x.com.evil.example/',
    '//evil.example/x',
    'http://api.x.com/2/users/me',
    'https://api.x.com@evil.example/',
  ]) {
    it(`is refused for ${url}: the token goes to the provider alone`, async () => {
      const { sent, call } = world([200]);
      await assert.rejects(
        call({ url }),
        (error) => error instanceof KippuError && error.code === 'invalid' && error.where === 'url',
      );
      assert.equal(sent.length, 0);
    });
  }

  it('that got no answer says that it may have been handled', async () => {
    const { call } = world(['unanswered']);
    await assert.rejects(call(), /may have been handled/);
  });
});

describe('an API that begins below the top of its host', () => {
  const targetsOf = async (...urls: readonly string[]): Promise<readonly string[]> => {
    const { sent, call } = world([], 'https://github.example.com/api/v3');
    for (const url of urls) await call({ url });
    return sent.map(({ url }) => url);
  };

  it('gets a path from there, and a whole URL or path as it is', async () => {
    const me = 'https://github.example.com/api/v3/user';
    assert.deepEqual(await targetsOf('/user', '/api/v3/user', me), [me, me, me]);
    assert.deepEqual(await targetsOf('/user?page=2'), [`${me}?page=2`]);
  });

  it('still gets no token sent to another host', async () => {
    for (const url of ['//evil.example/user', '/\\evil.example/user', 'https://evil.example/api/v3/user'])
      await assert.rejects(targetsOf(url), (error) => error instanceof KippuError && error.code === 'invalid');
  });
});

describe('a call of another API of the same provider', () => {
  const google = reachOf(providerApp(googleData, { clientId: 'c' }));
  const sentTo = async (url: string, more: Partial<Access> = google): Promise<string | undefined> => {
    const { sent, call } = world([], more.apiOrigin, more);
    await call({ url });
    return sent[0]?.url;
  };
  const isForeign = (error: unknown): boolean =>
    error instanceof KippuError && error.code === 'invalid' && /sheets\.googleapis\.com/.test(error.message);

  it('goes there as it is, and so does one of the call that says whose token it is', async () => {
    for (const url of [
      'https://sheets.googleapis.com/v4/spreadsheets/1',
      'https://people.googleapis.com/v1/people/me?personFields=names',
      'https://openidconnect.googleapis.com/v1/userinfo',
      'https://www.googleapis.com/drive/v3/files',
    ])
      assert.equal(await sentTo(url), url);
  });

  it('a path still counts from the API itself', async () => {
    assert.equal(await sentTo('/drive/v3/files'), 'https://www.googleapis.com/drive/v3/files');
  });

  for (const url of [
    'https://evil.sheets.googleapis.com/v4',
    'https://googleapis.com/v4',
    'https://storage.googleapis.com/bucket-of-anybody',
    'https://sheets.googleapis.com.evil.example/v4',
    'https://sheets.googleapis.com:8443/v4',
    'http://sheets.googleapis.com/v4',
  ])
    it(`goes to no host that only looks like one: ${url}`, async () => {
      await assert.rejects(sentTo(url), isForeign);
    });

  it('goes nowhere with a name in its address that another host stands behind', async () => {
    await assert.rejects(sentTo('https://sheets.googleapis.com@evil.example/v4'), isCode('invalid'));
  });

  it('is refused with a token of a simulator, which must not leave for the real one', async () => {
    const simulated = reachOf(providerApp(googleData, { clientId: 'c', baseUrl: 'http://127.0.0.1:4700' }));
    await assert.rejects(sentTo('https://sheets.googleapis.com/v4', simulated), (error) => error instanceof KippuError);
    assert.equal(await sentTo('http://127.0.0.1:4700/v1/userinfo', simulated), 'http://127.0.0.1:4700/v1/userinfo');
  });

  it('is refused with a token of a customer’s own host', () => {
    const hosted = { ...gitlabData, apiOrigins: ['https://other.example'] };
    assert.deepEqual(reachOf(providerApp(hosted, { clientId: 'c', host: 'git.corp.example' })).furtherOrigins, []);
    assert.deepEqual(reachOf(providerApp(hosted, { clientId: 'c' })).furtherOrigins, ['https://other.example']);
  });
});

describe('the further origins of the known providers', () => {
  for (const { id, apiOrigins, evidence } of CATALOGUE.filter((provider) => provider.apiOrigins !== undefined))
    it(`are exact, https, and have a source: ${id}`, () => {
      for (const origin of apiOrigins ?? []) {
        assert.equal(new URL(origin).origin, origin);
        assert.match(origin, /^https:\/\/[a-z0-9.-]+$/);
      }
      assert.ok('apiOrigins' in evidence);
    });
});

interface World {
  readonly sent: HttpRequest[];
  readonly needs: (AccessNeed | undefined)[];
  readonly call: (changes?: Partial<ApiCall>) => Promise<{ readonly status: number }>;
}

function world(
  answers: readonly (number | 'unanswered' | 'unsendable')[],
  apiOrigin = 'https://api.x.com',
  more: Partial<Access> = {},
): World {
  const sent: HttpRequest[] = [];
  const needs: (AccessNeed | undefined)[] = [];
  const http: HttpClient = {
    async send(request): Promise<HttpAnswer> {
      const answer = answers[sent.length] ?? 200;
      sent.push(request);
      if (answer === 'unsendable') return { kind: 'not_sent', cause: answer, detail: 'a header' };
      if (answer === 'unanswered') return { kind: 'unanswered', cause: 'timeout', detail: 'no answer' };
      return { kind: 'answered', status: answer, headers: {}, body: new Uint8Array(), complete: true };
    },
  };
  const tokens: AccessTokens = {
    async get(_id, need): Promise<Access> {
      needs.push(need);
      return {
        accessToken: new Secret(`token-${needs.length}`),
        tokenType: 'bearer',
        expiresAtMs: undefined,
        scopes: [],
        version: needs.length,
        apiOrigin,
        legacyOrigins: ['https://api.twitter.com'],
        provider: 'x',
        subject: undefined,
        ...more,
      };
    },
  };
  const signing = { clock: new VirtualClock(), random: seededRandom('call'), nonces: new Nonces() };
  const usual: ApiCall = { method: 'GET', url: '/2/users/me', headers: {}, body: undefined };
  return {
    sent,
    needs,
    call: (changes = {}) => callApi(ALICE, { ...usual, ...changes }, { tokens, http, ...signing }),
  };
}
