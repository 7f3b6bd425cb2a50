import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig, type Config } from '../../src/app/config.ts';
import { Settings } from '../../src/app/settings.ts';
import { isCode } from '../support/world.ts';

function configOf(environment: Record<string, string>): Config {
  return readConfig(new Settings([{ source: 'environment', values: environment }]), {
    directory: '/nowhere',
    isTerminal: false,
    isProduction: false,
    simulatorUrl: () => 'http://127.0.0.1:1',
  });
}

function idsOf({ apps }: Config): readonly string[] {
  return apps.map(({ provider }) => provider.id);
}

test('the sandbox plays three providers, and others where they are named', () => {
  assert.deepEqual(idsOf(configOf({})), ['x', 'github', 'auth0']);
  assert.deepEqual(idsOf(configOf({ KIPPU_SANDBOX_PROVIDERS: 'google, threads' })), ['google', 'threads']);
  assert.throws(() => configOf({ KIPPU_SANDBOX_PROVIDERS: 'nothing' }), isCode('invalid'));
});

test('a tenant and a test are read where a provider knows such, and refused with the name of the variable elsewhere', () => {
  const { apps } = configOf({
    KIPPU_ENTRA_CLIENT_ID: 'a',
    KIPPU_ENTRA_TENANT: 'contoso.com',
    KIPPU_GOOGLE_CLIENT_ID: 'b',
    KIPPU_GOOGLE_TESTING: '1',
  });
  const [google, entra] = apps;
  assert.equal(google?.provider.refresh.absoluteMs, 7 * 86_400_000);
  assert.equal(entra?.endpoints.token, 'https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token');
  for (const variable of ['KIPPU_X_TENANT', 'KIPPU_X_TESTING']) {
    assert.throws(
      () => configOf({ KIPPU_X_CLIENT_ID: 'a', [variable]: '1' }),
      (error) => isCode('invalid')(error) && (error as Error).message.startsWith(variable),
      variable,
    );
  }
});
