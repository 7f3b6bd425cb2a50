import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstProvider } from '../../src/app/first-provider.ts';
import { UP_TEXTS } from '../../src/cli/texts/up-texts.ts';
import { tryNext, type Suggestion } from '../../src/cli/try-next.ts';
import { github, google, x } from '../../src/providers/index.ts';
import type { ProviderApp } from '../../src/providers/provider-app.ts';

const TEXTS = UP_TEXTS.en;
const NETWORKS = new Map([['x', 'the network']]);

function suggestions(apps: readonly ProviderApp[], isSandbox = false): readonly Suggestion[] {
  return tryNext(firstProvider(apps, NETWORKS), { isSandbox }, TEXTS);
}

function commands(apps: readonly ProviderApp[], isSandbox = false): readonly string[] {
  return suggestions(apps, isSandbox).map(([command]) => command);
}

test('with GitHub alone, nothing of X is suggested, and no post', () => {
  const apps = [github({ clientId: 'hub', clientSecret: 'secret' })];
  assert.deepEqual(commands(apps), ['kippu connect github', 'kippu token github:NAME']);
  const [[, what] = []] = suggestions(apps);
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
  const apps = [github({ clientId: 'g' }), x({ clientId: 'x' })];
  const wanted = ['kippu connect x', 'kippu token x:alice', 'kippu post x:alice "Good morning"'];
  assert.deepEqual(commands(apps, true), wanted);
  assert.match(suggestions(apps, true)[0]?.[1] ?? '', /simulated/);
});

test('with nothing that a user could consent at, doctor is suggested', () => {
  assert.deepEqual(commands([]), ['kippu doctor']);
  const machine = x({ clientId: 'x' });
  const endpoints = { ...machine.endpoints, authorization: '' };
  assert.deepEqual(commands([{ ...machine, endpoints }]), ['kippu doctor']);
});
