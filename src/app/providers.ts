import type { ProviderApp } from '../providers/provider-app.ts';
import type { Provider, RefreshNeed } from '../providers/provider.ts';
import { CATALOGUE } from '../providers/index.ts';
import type { Config } from './config.ts';
import { callbackUrl } from './connecting.ts';
import type { App } from './open.ts';
import { neededVariables, particularVariables } from './provider-settings.ts';

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
  /** Those of them without which there is no app, besides client id and secret. */
  readonly neededVariables: readonly string[];
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

/** All providers that a configuration can name, none of them configured: nothing needs to be open for this. */
export function connectableProviders({ settings, publicUrl }: Config): readonly ProviderFacts[] {
  const here = { options: { publicUrl } };
  return [...CATALOGUE, ...settings.ownProviders].map((provider) => factsOf(provider, undefined, here));
}

function factsOf(
  provider: Provider,
  configured: ProviderApp | undefined,
  here: Parameters<typeof callbackUrl>[1],
): ProviderFacts {
  const { refresh, scopes } = provider;
  return {
    id: provider.id,
    name: provider.name,
    isConfigured: configured !== undefined,
    isSimulated: configured !== undefined && configured.issuer.startsWith('sandbox:'),
    callbackUrl: callbackUrl(provider.id, here),
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
    variables: variablesOf(provider, ['CLIENT_ID', 'CLIENT_SECRET', ...particularVariables(provider), ...USUAL]),
    neededVariables: variablesOf(provider, neededVariables(provider)),
  };
}

function renewedBy({ renewal, refresh }: Provider): ProviderFacts['renewedBy'] {
  if (renewal !== undefined) return renewal.by;
  return refresh.rotation === 'none' ? 'nothing' : 'refresh_token';
}

/** By name, as `KIPPU_X_CLIENT_ID`; an app without a secret needs the first alone. */
function variablesOf({ id }: Provider, names: readonly string[]): readonly string[] {
  return names.map((name) => `KIPPU_${id.toUpperCase()}_${name}`);
}

const USUAL = ['SCOPES', 'REPLAY', 'BASE_URL'] as const;
