import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KippuError } from '../../src/model/errors.ts';
import { appAt, CATALOGUE, defineProvider, type ProviderDefinition } from '../../src/providers/index.ts';
import { definitionShape } from '../../src/providers/definition-shape.ts';

const acme = {
  id: 'acme',
  name: 'Acme',
  endpoints: { authorization: 'https://acme.example/authorize', token: 'https://acme.example/token' },
} satisfies ProviderDefinition;

test('id, name and endpoints are enough: the rest is as the RFCs say, or careful', () => {
  const provider = defineProvider(acme);
  assert.equal(provider.endpoints.api, 'https://acme.example');
  assert.equal(provider.clientAuth.confidential, 'basic');
  assert.equal(provider.pkce, 'S256');
  assert.equal(provider.codeLifetimeMs, 600_000);
  assert.deepEqual(provider.revocation, { method: 'none' });
  assert.deepEqual([provider.refresh.rotation, provider.refresh.reuseKillsFamily], ['single-use', true]);
  assert.deepEqual(provider.scopes, { separator: ' ', known: [], presets: { default: [] } });
  assert.equal(provider.identity.path, '', 'nobody can guess where to ask whose token it is');
  assert.deepEqual(provider.appOnly, {});
});

test('what is said stands, part by part, and the rest of its field keeps the default', () => {
  const provider = defineProvider({
    ...acme,
    endpoints: { ...acme.endpoints, revocation: 'https://acme.example/revoke', api: 'https://api.acme.example/v2/' },
    refresh: { rotation: 'reusable' },
    scopes: { presets: { post: ['write'] } },
    apiKey: { header: 'X-Api-Key', scheme: '' },
  });
  assert.deepEqual(provider.revocation, { method: 'rfc7009' });
  assert.equal(provider.endpoints.api, 'https://api.acme.example/v2');
  assert.deepEqual([provider.refresh.rotation, provider.refresh.reuseGraceMs], ['reusable', 0]);
  assert.deepEqual(provider.scopes.presets, { default: [], post: ['write'] });
});

test('what it gives is a definition again, and gives the same', () => {
  for (const endpoints of [acme.endpoints, { api: 'https://api.acme.example' }]) {
    const provider = defineProvider({ ...acme, endpoints });
    assert.deepEqual(defineProvider(provider), provider);
  }
});

test('an API alone is enough for static keys, and its app needs no client id', () => {
  const keysOnly = defineProvider({
    id: 'weather',
    name: 'Weather',
    endpoints: { api: 'https://api.weather.example' },
  });
  const app = appAt(keysOnly);
  assert.deepEqual([app.clientId, app.issuer], ['', 'https://api.weather.example']);
  assert.equal(keysOnly.appOnly, undefined);
});

test('loopback may be plain http, for tests and simulators', () => {
  const provider = defineProvider({ ...acme, endpoints: { token: 'http://127.0.0.1:4000/token' } });
  assert.equal(provider.endpoints.api, 'http://127.0.0.1:4000');
});

for (const { id } of CATALOGUE) {
  test(`${id}: every field of the catalogue can be defined`, () => {
    definitionShape(
      CATALOGUE.find((one) => one.id === id),
      '',
    );
  });
}

/** What is wrong, where it is said to be, and a word of what is to be done. */
const WRONG: readonly (readonly [what: string, definition: unknown, where: string, help: RegExp])[] = [
  ['nothing', undefined, '', /an object/],
  ['a text', 'acme', '', /an object/],
  ['a list', [acme], '', /an object/],
  ['no id', { ...acme, id: undefined }, 'id', /missing/],
  ['no name', { ...acme, name: undefined }, 'name', /missing/],
  ['no endpoints', { id: 'acme', name: 'Acme' }, 'endpoints', /missing/],
  ['endpoints that name nothing', { ...acme, endpoints: {} }, 'endpoints', /names nothing/],
  [
    'a page and no token endpoint',
    { ...acme, endpoints: { authorization: 'https://a.example/a' } },
    'endpoints.token',
    /missing/,
  ],
  ['an unknown field', { ...acme, colour: 'red' }, 'colour', /There are: id, name/],
  ['a misspelt field', { ...acme, tokenErors: [] }, 'tokenErors', /Did you mean tokenErrors/],
  [
    'a misspelt endpoint',
    { ...acme, endpoints: { ...acme.endpoints, tokens: 'https://a.example' } },
    'endpoints.tokens',
    /Did you mean token\?/,
  ],
  [
    'an unknown quirk',
    { ...acme, quirks: { errorsArriveAs201: true } },
    'quirks.errorsArriveAs201',
    /Did you mean errorsArriveAs200/,
  ],
  [
    'plain http',
    { ...acme, endpoints: { ...acme.endpoints, token: 'http://acme.example/token' } },
    'endpoints.token',
    /https/,
  ],
  ['another scheme', { ...acme, endpoints: { token: 'ftp://acme.example/token' } }, 'endpoints.token', /https/],
  ['a path for a URL', { ...acme, endpoints: { token: '/token' } }, 'endpoints.token', /whole URL/],
  ['a fragment', { ...acme, endpoints: { token: 'https://acme.example/token#x' } }, 'endpoints.token', /fragment/],
  [
    'a password in a URL',
    { ...acme, endpoints: { token: 'https://u:p@acme.example/token' } },
    'endpoints.token',
    /password/,
  ],
  ['the id of a known provider', { ...acme, id: 'x' }, 'id', /knows already/],
  ['an id with capitals', { ...acme, id: 'Acme' }, 'id', /small letters/],
  ['an id with a path in it', { ...acme, id: '../x' }, 'id', /small letters/],
  ['a number for a name', { ...acme, name: 3 }, 'name', /a text/],
  ['another PKCE method', { ...acme, pkce: 'plain' }, 'pkce', /'S256' or 'none'/],
  ['seconds with a fraction', { ...acme, codeLifetimeMs: 0.5 }, 'codeLifetimeMs', /milliseconds/],
  ['a lifetime as a text', { ...acme, access: { lifetimeMs: '1h' } }, 'access.lifetimeMs', /milliseconds/],
  ['an unknown rotation', { ...acme, refresh: { rotation: 'sometimes' } }, 'refresh.rotation', /'reusable'/],
  ['a flag as a text', { ...acme, quirks: { looseRequests: 'yes' } }, 'quirks.looseRequests', /true or false/],
  ['a pointer that is none', { ...acme, identity: { path: '/me', subject: 'id' } }, 'identity.subject', /JSON pointer/],
  ['a whole URL for a path', { ...acme, identity: { path: 'https://acme.example/me' } }, 'identity.path', /a path/],
  ['a row without a meaning', { ...acme, tokenErrors: [{ error: 'gone' }] }, 'tokenErrors[0].means', /missing/],
  [
    'a meaning that there is not',
    { ...acme, tokenErrors: [{ error: 'gone', means: { kind: 'dead' } }] },
    'tokenErrors[0].means.kind',
    /'rejected'/,
  ],
  [
    'a rejection without a reason',
    { ...acme, tokenErrors: [{ means: { kind: 'rejected' } }] },
    'tokenErrors[0].means.reason',
    /missing/,
  ],
  ['a key without a header', { ...acme, apiKey: { scheme: '' } }, 'apiKey.header', /missing/],
  ['no algorithm', { ...acme, dpop: { algorithms: [] } }, 'dpop.algorithms', /not empty/],
  [
    'a parameter that is no text',
    { ...acme, authorizationParams: { prompt: true } },
    'authorizationParams.prompt',
    /a text/,
  ],
];

for (const [what, definition, where, help] of WRONG) {
  test(`refused, with what, where and what to do: ${what}`, () => {
    assert.throws(
      () => defineProvider(definition as ProviderDefinition),
      (error) => {
        assert.ok(error instanceof KippuError && error.code === 'invalid');
        assert.deepEqual([error.where, help.test(error.message)], [where, true], error.message);
        return error.message.startsWith('defineProvider(');
      },
    );
  });
}
