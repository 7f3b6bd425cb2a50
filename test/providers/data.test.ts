import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONNECTION_STATES, REAUTH_REASONS } from '../../src/model/connection.ts';
import { CATALOGUE } from '../../src/providers/index.ts';
import type { Provider } from '../../src/providers/provider.ts';

function at(provider: Provider, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], provider);
}

for (const provider of CATALOGUE) {
  test(`${provider.name}: every endpoint is https`, () => {
    for (const url of Object.values(provider.endpoints)) assert.equal(new URL(url).protocol, 'https:', url);
  });

  test(`${provider.name}: what is called unverified, and what has evidence, is there`, () => {
    for (const path of [...provider.unverified, ...Object.keys(provider.evidence)])
      assert.notEqual(at(provider, path), undefined, path);
  });

  test(`${provider.name}: every scope of every preset is a known one`, () => {
    for (const scope of Object.values(provider.scopes.presets).flat())
      assert.ok(provider.scopes.known.includes(scope), scope);
    const { offline } = provider.scopes;
    assert.ok(offline === undefined || provider.scopes.known.includes(offline));
  });

  test(`${provider.name}: no row of the error table can mean a dead grant without saying what exactly is the sign`, () => {
    for (const row of provider.tokenErrors) {
      if (row.means.kind !== 'rejected') continue;
      assert.ok(row.error !== undefined, 'a status alone ended a grant');
      assert.ok(REAUTH_REASONS.includes(row.means.reason));
    }
  });

  test(`${provider.name}: the id fits variables, paths and names`, () => {
    assert.match(provider.id, /^[a-z][a-z0-9]*$/);
  });
}

test('no two providers have one id', () => {
  assert.equal(new Set(CATALOGUE.map((provider) => provider.id)).size, CATALOGUE.length);
});

test('the states are the four of the design', () => {
  assert.deepEqual(CONNECTION_STATES, ['active', 'uncertain', 'reauth_required', 'revoked']);
});
