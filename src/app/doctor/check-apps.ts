import type { AppStatus } from '../../model/home-store.ts';
import { isLoopback, type ProviderApp } from '../../providers/provider-app.ts';
import type { Config } from '../config.ts';
import type { Finding } from './finding.ts';

/** What the configuration says about each provider app, held against what its provider wants. */
export function checkApps(config: Config): Finding[] {
  if (config.sandbox) return [{ kind: 'app_none', level: 'warning' }];
  return [...config.apps.flatMap((app) => checkApp(app, config)), ...checkCallbackPort(config)];
}

function checkApp(app: ProviderApp, { publicUrl }: Config): Finding[] {
  const { provider, clientId } = app;
  const callback = `${publicUrl}/callback/${provider.id}`;
  const findings: Finding[] = [
    {
      kind: 'app',
      level: 'ok',
      provider: provider.id,
      clientId,
      hasSecret: app.clientSecret !== undefined || app.clientKey !== undefined,
      deviceOnlyWithoutSecret: provider.quirks.deviceFlowWithoutSecret === true,
      callback,
    },
  ];
  const host = new URL(publicUrl).hostname;
  const wanted = provider.callback.loopbackHost;
  if (isLoopback(host) && wanted !== 'any' && host !== wanted) {
    findings.push({ kind: 'callback_host', level: 'problem', provider: provider.id, host, wanted });
  }
  for (const scope of app.scopes ?? []) {
    const { known, isOpen, presets } = provider.scopes;
    const isListed = known.includes(scope) || Object.hasOwn(presets, scope);
    const isKnown = isOpen === true || known.length === 0 || isListed;
    if (!isKnown) findings.push({ kind: 'scope_unknown', level: 'warning', provider: provider.id, scope });
  }
  const { origin } = new URL(app.endpoints.api);
  if (provider.hosting?.required !== true && origin !== new URL(provider.endpoints.api).origin) {
    findings.push({ kind: 'base_url', level: 'warning', provider: provider.id, origin });
  }
  return findings;
}

/** Behind a proxy the two may differ; on this machine itself nobody would answer. */
function checkCallbackPort({ publicUrl, port }: Config): Finding[] {
  const url = new URL(publicUrl);
  const publicPort = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  if (!isLoopback(url.hostname) || publicPort === port) return [];
  return [{ kind: 'callback_port', level: 'problem', publicUrl, port }];
}

/** What the store remembers of the provider apps that connections belong to. */
export function checkAppStatuses(statuses: readonly AppStatus[], configured: readonly ProviderApp[]): Finding[] {
  const ids = new Set(configured.map(({ id }) => id));
  return statuses.flatMap((status): Finding[] => {
    const { provider, clientId, issuer, connections, error, misconfiguredSinceMs } = status;
    if (!ids.has(status.id)) {
      return connections === 0
        ? []
        : [{ kind: 'app_elsewhere', level: 'problem', provider, clientId, issuer, connections }];
    }
    if (status.heldForOperator) return [{ kind: 'app_held', level: 'problem', provider, error }];
    if (misconfiguredSinceMs !== undefined) {
      return [{ kind: 'app_refused', level: 'problem', provider, error, sinceMs: misconfiguredSinceMs }];
    }
    return [];
  });
}
