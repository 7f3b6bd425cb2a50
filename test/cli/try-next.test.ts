import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UP_TEXTS } from '../../src/cli/texts/up-texts.ts';
import { tryNext } from '../../src/cli/try-next.ts';
import { github, google, x } from '../../src/providers/index.ts';
import type { ProviderApp } from '../../src/providers/provider-app.ts';

const TEXTS = UP_TEXTS.en;
const canPost = (provider: string): boolean => provider === 'x';

function commands(apps: readonly ProviderApp[], isSandbox = false): readonly string[] {
  return tryNext(apps, { isSandbox, canPost }, TEXTS).map(([command]) => command);
}

test('with GitHub alone, nothing of X is suggested, and no post', () => {
  const apps = [github({ clientId: 'hub', clientSecret: 'secret' })];
  assert.deepEqual(commands(apps), ['kippu connect github', 'kippu token github:NAME']);
  const [[, what] = []] = tryNext(apps, { isSandbox: false, canPost }, TEXTS);
  assert.doesNotMatch(what ?? '', /simulated/);
});

test('where only the device flow works, that is suggested', () => {
  assert.equal(commands([github({ clientId: 'hub' })])[0], 'kippu connect github --device');
});

test('a provider that Kippu posts to comes first, wherever it stands', () => {
  const apps = [google({ clientId: 'g', clientSecret: 's' }), x({ clientId: 'x' })];
  assert.deepEqual(commands(apps), ['kippu connect x', 'kippu token x:NAME', 'kippu post x:NAME "Good morning"']);
});

test('in the sandbox it is the simulated Alice of X', () => {
  const suggestions = tryNext([github({ clientId: 'g' }), x({ clientId: 'x' })], { isSandbox: true, canPost }, TEXTS);
  assert.deepEqual(
    suggestions.map(([command]) => command),
    ['kippu connect x', 'kippu token x:alice', 'kippu post x:alice "Good morning"'],
  );
  assert.match(suggestions[0]?.[1] ?? '', /simulated/);
});

test('with nothing that a user could consent at, doctor is suggested', () => {
  assert.deepEqual(commands([]), ['kippu doctor']);
  const machine = x({ clientId: 'x' });
  const endpoints = { ...machine.endpoints, authorization: '' };
  assert.deepEqual(commands([{ ...machine, endpoints }]), ['kippu doctor']);
});
