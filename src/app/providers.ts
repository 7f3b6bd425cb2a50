import type { ProviderApp } from '../providers/provider-app.ts';
import type { Provider, RefreshNeed } from '../providers/provider.ts';
import { CATALOGUE } from '../providers/index.ts';
import { callbackUrl } from './connecting.ts';
import type { App } from './open.ts';
import { particularVariables } from './provider-settings.ts';

/** A provider as somebody sees it who wants to connect to it. */
export interface ProviderFacts {
  readonly id: string;
  readonly name: string;
  readonly isConfigured: boolean;
  /** A simulated one: nothing there is real. */
  readonly isSimulated: boolean;
  /** To be registered at the provider, to the letter. */
  readonly callbackUrl: string;
  /** Absent: it has no end, or no answer says when it comes. */
  readonly accessLifetimeMs: number | undefined;
  readonly refreshAbsoluteMs: number | undefined;
  readonly refreshIdleMs: number | undefined;
  readonly rotation: Provider['refresh']['rotation'];
  /** Whether a second consent of the same user ends the first. */
  readonly grantsPerSubject: Provider['grantsPerSubject'];
  readonly scopePresets: Readonly<Record<string, readonly string[]>>;
  readonly offlineScope: string | undefined;
  /** What a consent needs to bring a refresh token, where that is more than a scope. */
  readonly refreshNeeds: readonly RefreshNeed[];
  /** What a connection is renewed by. */
  readonly renewedBy: 'refresh_token' | 'access_token' | 'nothing';
  /** How long a refresh token that was used is still taken. */
  readonly reuseGraceMs: number;
  readonly grantsPerSubjectMax: number | undefined;
  /** Where a user takes back an earlier consent. */
  readonly consentsUrl: string | undefined;
  /** Names of the claims above that are believed and not confirmed. */
  readonly unverified: readonly string[];
  readonly hasDeviceFlow: boolean;
  readonly registration: Provider['registration'];
  /** The settings that an app of this provider is configured with, the needed ones first. */
  readonly variables: readonly string[];
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
    accessLifetimeMs: provider.access.isAnswered === false ? undefined : provider.access.lifetimeMs,
    refreshAbsoluteMs: refresh.absoluteMs,
    refreshIdleMs: refresh.idleMs,
    rotation: refresh.rotation,
    grantsPerSubject: provider.grantsPerSubject,
    scopePresets: scopes.presets,
    offlineScope: scopes.offline,
    refreshNeeds: refresh.needs ?? [],
    renewedBy: renewedBy(provider),
    reuseGraceMs: refresh.reuseGraceMs,
    grantsPerSubjectMax: provider.grantsPerSubjectMax,
    consentsUrl: refresh.consentsUrl,
    unverified: provider.unverified,
    hasDeviceFlow: provider.endpoints.deviceCode !== undefined,
    registration: provider.registration,
    variables: variablesOf(provider),
  };
}

function renewedBy({ renewal, refresh }: Provider): ProviderFacts['renewedBy'] {
  if (renewal !== undefined) return renewal.by;
  return refresh.rotation === 'none' ? 'nothing' : 'refresh_token';
}

/** By name, as `KIPPU_X_CLIENT_ID`; an app without a secret needs the first alone. */
function variablesOf(provider: Provider): readonly string[] {
  return ['CLIENT_ID', 'CLIENT_SECRET', ...particularVariables(provider), 'SCOPES', 'REPLAY', 'BASE_URL'].map(
    (name) => `KIPPU_${provider.id.toUpperCase()}_${name}`,
  );
}
