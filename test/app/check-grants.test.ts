import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkCrowds, checkEndless, checkTesting } from '../../src/app/doctor/check-grants.ts';
import type { Connection } from '../../src/model/connection.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { github, google, mastodon, x } from '../../src/providers/index.ts';

const hub = github({ clientId: 'hub' });
const other = x({ clientId: 'x' });

function connection(number: number, changes: Partial<Connection> = {}): Connection {
  return {
    id: `con_${number}` as ConnectionId,
    name: `github:alice-${number}`,
    provider: 'github',
    restsOn: 'consent',
    providerAppId: hub.id,
    owner: `owner-${number}`,
    subject: '1',
    handle: 'alice',
    state: 'active',
    stateReason: undefined,
    scopes: [],
    policy: 'on-use',
    metadata: {},
    accessExpiresAtMs: 1,
    refreshExpiresAtMs: 2,
    hasRefreshToken: true,
    createdAtMs: 0,
    grantedAtMs: 0,
    lastRenewedAtMs: undefined,
    renewals: 0,
    nextDueAtMs: undefined,
    ...changes,
  };
}

function many(count: number, changes: Partial<Connection> = {}): Connection[] {
  return Array.from({ length: count }, (_, number) => connection(number, changes));
}

test('ten connections of one account and app are told, nine are not', () => {
  assert.deepEqual(checkCrowds(many(9), [hub, other]), []);
  const [finding] = checkCrowds(many(10), [hub, other]);
  assert.equal(
    finding?.kind === 'grants_crowded' ? `${finding.handle} ${finding.names.length} of ${finding.max}` : '',
    'alice 10 of 10',
  );
});

test('revoked ones, those of other accounts and those whose account nobody knows make no crowd', () => {
  const revoked = [...many(9), connection(10, { state: 'revoked' })];
  const apart = [...many(9), connection(10, { subject: '2' })];
  for (const connections of [revoked, apart, many(20, { subject: undefined })])
    assert.deepEqual(checkCrowds(connections, [hub]), []);
});

test('a provider that keeps any number makes no crowd', () => {
  assert.deepEqual(checkCrowds(many(50, { provider: 'x', providerAppId: other.id }), [other]), []);
});

test('a token without an end is told where the provider lets an app choose, and only while it lives', () => {
  const endless = { accessExpiresAtMs: undefined, hasRefreshToken: false } as const;
  const [finding] = checkEndless([connection(1, endless), connection(2)], [hub]);
  assert.deepEqual(finding?.kind === 'never_expires' ? finding.names : [], ['github:alice-1']);
  assert.deepEqual(checkEndless([connection(1, { ...endless, state: 'revoked' })], [hub]), []);
  assert.deepEqual(checkEndless([connection(1, { accessExpiresAtMs: undefined })], [hub]), []);
  assert.deepEqual(checkEndless([connection(1, { ...endless, providerAppId: other.id })], [other]), []);
});

test('a token without an end is nothing to tell where no app can choose', () => {
  const instance = mastodon({ clientId: 'a', host: 'social.example.org' });
  const endless = { accessExpiresAtMs: undefined, hasRefreshToken: false, providerAppId: instance.id } as const;
  assert.deepEqual(checkEndless([connection(1, endless)], [instance]), []);
});

test('a grant that ended without a reason within a week is told where an app in testing has a week', () => {
  const published = google({ clientId: 'g' });
  const DAY_MS = 86_400_000;
  const ended = { providerAppId: published.id, state: 'reauth_required', stateReason: 'rejected_unknown' } as const;
  const [finding] = checkTesting([connection(1, { ...ended, lastRenewedAtMs: 7 * DAY_MS })], [published]);
  assert.equal(
    finding?.kind === 'testing_suspected' && `${finding.days} ${finding.variable}`,
    '7 KIPPU_GOOGLE_TESTING',
  );
  const others: readonly Partial<Connection>[] = [
    { lastRenewedAtMs: 8 * DAY_MS },
    { stateReason: 'revoked_by_provider' },
    { state: 'active', stateReason: undefined },
    { providerAppId: other.id },
  ];
  for (const changes of others)
    assert.deepEqual(checkTesting([connection(1, { ...ended, ...changes })], [published, other]), []);
  const known = google({ clientId: 'g', testing: true });
  assert.deepEqual(checkTesting([connection(1, ended)], [known]), [], 'it is said already');
});
