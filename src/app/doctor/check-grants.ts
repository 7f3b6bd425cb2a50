import { DAY_MS } from '../../model/clock.ts';
import { isRenewable, type Connection } from '../../model/connection.ts';
import type { ProviderApp } from '../../providers/provider-app.ts';
import { named, type Finding } from './finding.ts';

/** Accounts that are connected so often that the provider ends the oldest grant for the next one, without a word. */
export function checkCrowds(connections: readonly Connection[], apps: readonly ProviderApp[]): Finding[] {
  return apps.flatMap((app): Finding[] => {
    const { grantsPerSubjectMax: max, id } = app.provider;
    if (max === undefined) return [];
    const own = connections.filter(({ providerAppId, state }) => providerAppId === app.id && state !== 'revoked');
    const crowds = Map.groupBy(own, ({ subject }) => subject);
    return [...crowds].flatMap(([subject, crowd]) => {
      if (subject === undefined || crowd.length < max) return [];
      const handle = crowd[0]?.handle ?? subject;
      const names = crowd.map(({ name }) => name);
      return [{ kind: 'grants_crowded', level: 'warning', provider: id, handle, max, ...named(names) }];
    });
  });
}

/** Tokens without an end, where the provider lets an app choose: a stolen copy of them has none either. */
export function checkEndless(connections: readonly Connection[], apps: readonly ProviderApp[]): Finding[] {
  const choosing = new Set(apps.filter(({ provider }) => isChoice(provider)).map(({ id }) => id));
  const names = connections
    .filter(({ providerAppId, state }) => choosing.has(providerAppId) && state === 'active')
    .filter(
      (connection) =>
        connection.accessExpiresAtMs === undefined && connection.restsOn === 'consent' && !isRenewable(connection),
    )
    .map(({ name }) => name);
  return names.length === 0 ? [] : [{ kind: 'never_expires', level: 'warning', ...named(names) }];
}

/** Connections that end with their access token, at providers where a refresh token takes more than a scope. */
export function checkRenewable(connections: readonly Connection[], apps: readonly ProviderApp[]): Finding[] {
  return apps.flatMap(({ id, provider }): Finding[] => {
    const { needs = [], consentsUrl } = provider.refresh;
    const names = connections
      .filter((one) => one.providerAppId === id && one.state === 'active' && !one.hasRefreshToken)
      .map(({ name }) => name);
    if (needs.length === 0 || names.length === 0) return [];
    return [{ kind: 'no_refresh_token', level: 'warning', provider: provider.id, needs, consentsUrl, ...named(names) }];
  });
}

function isChoice({ access }: ProviderApp['provider']): boolean {
  return access.whenMissing === 'never' && access.isAnswered !== false;
}

/**
 * Grants that ended without a reason, and were never renewed after the span that an app in testing has: the app is
 * probably in testing, and nobody has said so here.
 */
export function checkTesting(connections: readonly Connection[], apps: readonly ProviderApp[]): Finding[] {
  return apps.flatMap((app): Finding[] => {
    const { testingAbsoluteMs, absoluteMs } = app.provider.refresh;
    if (testingAbsoluteMs === undefined || absoluteMs === testingAbsoluteMs) return [];
    const names = connections
      .filter(({ providerAppId, stateReason }) => providerAppId === app.id && stateReason === 'rejected_unknown')
      .filter(({ grantedAtMs, lastRenewedAtMs = grantedAtMs }) => lastRenewedAtMs - grantedAtMs <= testingAbsoluteMs)
      .map(({ name }) => name);
    if (names.length === 0) return [];
    const { id, name: provider } = app.provider;
    const days = testingAbsoluteMs / DAY_MS;
    return [
      {
        kind: 'testing_suspected',
        level: 'warning',
        provider,
        days,
        variable: `KIPPU_${id.toUpperCase()}_TESTING`,
        ...named(names),
      },
    ];
  });
}
