import type { ProviderApp } from '../providers/provider-app.ts';
import type { Provider, RefreshNeed } from '../providers/provider.ts';
import { CATALOGUE } from '../providers/index.ts';
import { callbackUrl } from './connecting.ts';
import type { App } from './open.ts';

/** A provider as somebody sees it who wants to connect to it. */
export interface ProviderFacts {
  readonly id: string;
  readonly name: string;
  readonly isConfigured: boolean;
  /** A simulated one: nothing there is real. */
  readonly isSimulated: boolean;
  /** To be registered at the provider, to the letter. */
  readonly callbackUrl: string;
  readonly accessLifetimeMs: number;
  readonly refreshAbsoluteMs: number | undefined;
  readonly refreshIdleMs: number | undefined;
  readonly rotation: Provider['refresh']['rotation'];
  /** Whether a second consent of the same user ends the first. */
  readonly grantsPerSubject: Provider['grantsPerSubject'];
  readonly scopePresets: Readonly<Record<string, readonly string[]>>;
  readonly offlineScope: string | undefined;
  /** What a consent needs to bring a refresh token, where that is more than a scope. */
  readonly refreshNeeds: readonly RefreshNeed[];
}

/** All providers that Kippu knows, and those that the configuration adds. */
export function listProviders(app: App): readonly ProviderFacts[] {
  const configured = [...app.apps.values()];
  const known = new Set(configured.map(({ provider }) => provider.id));
  const others = CATALOGUE.filter(({ id }) => !known.has(id));
  return [
    ...configured.map((one) => factsOf(one.provider, one, app)),
    ...others.map((provider) => factsOf(provider, undefined, app)),
  ];
}

function factsOf(provider: Provider, configured: ProviderApp | undefined, app: App): ProviderFacts {
  const { refresh, scopes } = provider;
  return {
    id: provider.id,
    name: provider.name,
    isConfigured: configured !== undefined,
    isSimulated: configured !== undefined && configured.issuer.startsWith('sandbox:'),
    callbackUrl: callbackUrl(provider.id, app),
    accessLifetimeMs: provider.access.lifetimeMs,
    refreshAbsoluteMs: refresh.absoluteMs,
    refreshIdleMs: refresh.idleMs,
    rotation: refresh.rotation,
    grantsPerSubject: provider.grantsPerSubject,
    scopePresets: scopes.presets,
    offlineScope: scopes.offline,
    refreshNeeds: refresh.needs ?? [],
  };
}
