import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig, type Config } from '../../src/app/config.ts';
import { readSettings } from '../../src/app/read-settings.ts';
import { KippuError } from '../../src/model/errors.ts';

type Environment = Readonly<Record<string, string>>;

/** What is in force in a folder with this configuration file. */
async function configOf(file: string, text: string, environment: Environment = {}): Promise<Config> {
  const directory = mkdtempSync(join(tmpdir(), 'kippu-config-'));
  try {
    if (file !== '') writeFileSync(join(directory, file), text);
    const settings = await readSettings({ flags: {}, environment, directory });
    const simulatorUrl = (): string => 'http://127.0.0.1:1';
    return readConfig(settings, { directory, isTerminal: false, isProduction: false, simulatorUrl });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const DEFINITION = {
  id: 'acme',
  name: 'Acme',
  endpoints: { authorization: 'https://acme.example/authorize', token: 'https://acme.example/token' },
};

const MODULE = `
  import { defineConfig } from 'kippu';
  import { defineProvider } from 'kippu/providers';
  const acme = defineProvider(${JSON.stringify(DEFINITION)});
  export default defineConfig({ ownProviders: [acme], providers: { acme: { clientId: 'from-the-file', scopes: ['a', 'b'] } } });
`;

for (const file of ['kippu.config.ts', 'kippu.config.js']) {
  test(`${file}: a provider is defined there, with nothing installed beside it`, async () => {
    const { apps, sandbox } = await configOf(file, MODULE);
    assert.deepEqual(
      apps.map(({ provider, clientId, scopes }) => [provider.id, clientId, scopes]),
      [['acme', 'from-the-file', ['a', 'b']]],
    );
    assert.equal(sandbox, false);
  });
}

test('kippu.config.json: the same as plain data', async () => {
  const file = { ownProviders: [DEFINITION], providers: { acme: { clientId: 'c' } }, port: 4300 };
  const { apps, port } = await configOf('kippu.config.json', JSON.stringify(file));
  assert.deepEqual(
    [apps[0]?.provider.id, apps[0]?.endpoints.token, port],
    ['acme', 'https://acme.example/token', 4300],
  );
});

test('variables are stronger than the file, and hold for an own provider too', async () => {
  const environment = {
    KIPPU_ACME_CLIENT_ID: 'from-a-variable',
    KIPPU_ACME_CLIENT_SECRET: 's',
    KIPPU_ACME_SCOPES: 'read',
    KIPPU_ACME_BASE_URL: 'http://127.0.0.1:4000',
    KIPPU_ACME_REPLAY: '0',
  };
  const [app] = (await configOf('kippu.config.ts', MODULE, environment)).apps;
  assert.deepEqual([app?.clientId, app?.scopes, app?.replay], ['from-a-variable', ['read'], false]);
  assert.equal(app?.endpoints.token, 'http://127.0.0.1:4000/token');
  assert.equal(app.clientSecret?.reveal(), 's');
});

test('an own provider without a client id is not configured; one for static keys needs none', async () => {
  const weather = { id: 'weather', name: 'Weather', endpoints: { api: 'https://api.weather.example' } };
  const { apps } = await configOf('kippu.config.json', JSON.stringify({ ownProviders: [DEFINITION, weather] }));
  assert.deepEqual(
    apps.map(({ provider }) => provider.id),
    ['weather'],
  );
});

test('the sandbox simulates own providers beside the known ones', async () => {
  const file = JSON.stringify({ ownProviders: [DEFINITION], providers: { acme: { clientId: 'c' } } });
  const { apps } = await configOf('kippu.config.json', file, { KIPPU_SANDBOX: '1' });
  const acme = apps.find(({ provider }) => provider.name === 'Acme');
  assert.deepEqual([acme?.issuer, acme?.endpoints.token], ['sandbox:acme', 'http://127.0.0.1:1/token']);
});

test('an issuer is configured by variables or in the file, and is not asked while they are read', async () => {
  const variables = {
    KIPPU_CORP_ISSUER: 'https://login.corp.example/tenant',
    KIPPU_CORP_CLIENT_ID: 'c',
    KIPPU_CORP_SCOPES: 'openid profile',
  };
  const file = {
    providers: { corp: { issuer: variables.KIPPU_CORP_ISSUER, clientId: 'c', scopes: ['openid', 'profile'] } },
  };
  for (const config of [await configOf('', '', variables), await configOf('kippu.config.json', JSON.stringify(file))]) {
    const [issuer] = config.issuers;
    assert.deepEqual(
      [issuer?.id, issuer?.name, issuer?.issuer, issuer?.options.clientId, issuer?.options.scopes],
      ['corp', 'login.corp.example', 'https://login.corp.example/tenant', 'c', ['openid', 'profile']],
    );
    assert.deepEqual([config.apps, config.sandbox], [[], false]);
  }
});

test('an app at an issuer may have a key instead of a secret, by variables or in the file', async () => {
  const key = '{"kty":"EC"}';
  const variables = {
    KIPPU_CORP_ISSUER: 'https://corp.example',
    KIPPU_CORP_CLIENT_ID: 'c',
    KIPPU_CORP_PRIVATE_KEY: key,
    KIPPU_CORP_PRIVATE_KEY_ID: 'k1',
  };
  const corp = { issuer: 'https://corp.example', clientId: 'c', privateKey: key, privateKeyId: 'k1' };
  const file = JSON.stringify({ providers: { corp } });
  for (const config of [await configOf('', '', variables), await configOf('kippu.config.json', file)]) {
    const { clientSecret, clientPrivateKey, clientPrivateKeyId } = config.issuers[0]?.options ?? {};
    assert.deepEqual([clientSecret, clientPrivateKey?.reveal(), clientPrivateKeyId], [undefined, key, 'k1']);
  }
});

const WRONG: readonly (readonly [what: string, file: unknown, message: RegExp])[] = [
  ['an unknown setting', { prot: 4180 }, /no setting prot\. There are: databaseUrl/],
  ['an unknown setting of a provider', { providers: { x: { clientID: 'c' } } }, /no setting providers\.x\.clientID/],
  [
    'settings for a provider that there is not',
    { providers: { acme: { clientId: 'c' } } },
    /no provider acme\. There are: x, github/,
  ],
  ['a list of settings', [], /default export is not an object/],
  ['a text for providers', { providers: 'x' }, /providers is not an object/],
  ['a text for a provider', { providers: { x: 'c' } }, /providers\.x is not an object/],
  ['an object for own providers', { ownProviders: DEFINITION }, /ownProviders is not a list/],
  [
    'a definition with a plain-http endpoint',
    { ownProviders: [{ ...DEFINITION, endpoints: { token: 'http://acme.example' } }] },
    /endpoints\.token .*https/,
  ],
  [
    'a definition of a known provider',
    { ownProviders: [{ ...DEFINITION, id: 'github' }] },
    /github is a provider that Kippu knows/,
  ],
  ['two definitions with one id', { ownProviders: [DEFINITION, DEFINITION] }, /two providers with the id acme/],
];

for (const [what, file, message] of WRONG) {
  test(`refused, with the name of the file: ${what}`, async () => {
    await assert.rejects(configOf('kippu.config.json', JSON.stringify(file)), (error) => {
      assert.ok(error instanceof KippuError && error.code === 'invalid');
      assert.match(error.message, /^kippu\.config\.json cannot be read: /);
      assert.match(error.message, message);
      return true;
    });
  });
}

test('a module that throws, and JSON that is none, are said with the name of the file', async () => {
  await assert.rejects(
    configOf('kippu.config.js', 'throw new Error("no secret today")'),
    /kippu\.config\.js cannot be read: no secret today/,
  );
  await assert.rejects(configOf('kippu.config.json', '{'), /kippu\.config\.json cannot be read/);
});

const WRONG_ISSUERS: readonly (readonly [what: string, environment: Environment, message: RegExp])[] = [
  [
    'plain http',
    { KIPPU_CORP_ISSUER: 'http://corp.example', KIPPU_CORP_CLIENT_ID: 'c' },
    /KIPPU_CORP_ISSUER.*unencrypted/,
  ],
  ['no URL', { KIPPU_CORP_ISSUER: 'corp', KIPPU_CORP_CLIENT_ID: 'c' }, /KIPPU_CORP_ISSUER.*not a URL/],
  ['no client id', { KIPPU_CORP_ISSUER: 'https://corp.example' }, /KIPPU_CORP_CLIENT_ID: it is missing/],
  [
    'a secret and a key',
    {
      KIPPU_CORP_ISSUER: 'https://corp.example',
      KIPPU_CORP_CLIENT_ID: 'c',
      KIPPU_CORP_CLIENT_SECRET: 's',
      KIPPU_CORP_PRIVATE_KEY: 'k',
    },
    /KIPPU_CORP_PRIVATE_KEY: there is a client secret too/,
  ],
  [
    'a key whose file is not there',
    { KIPPU_CORP_ISSUER: 'https://corp.example', KIPPU_CORP_CLIENT_ID: 'c', KIPPU_CORP_PRIVATE_KEY: '@nowhere.pem' },
    /nowhere\.pem cannot be read/,
  ],
  [
    'a known provider',
    { KIPPU_X_ISSUER: 'https://x.example', KIPPU_X_CLIENT_ID: 'c' },
    /KIPPU_X_ISSUER: x is a provider/,
  ],
];

for (const [what, environment, message] of WRONG_ISSUERS) {
  test(`an issuer is refused, naming the variable: ${what}`, async () => {
    await assert.rejects(configOf('', '', environment), message);
  });
}
