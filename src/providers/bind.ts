import { Secret } from '../model/secret.ts';
import { checkAppOptions } from './app-options.ts';
import type { Provider } from './provider.ts';
import { providerApp, type ProviderApp, type ProviderAppOptions } from './provider-app.ts';

/** Your registration at a provider: what its developer console shows. */
export interface AppOptions {
  /** From the provider's developer console. Not secret. */
  readonly clientId: string;
  /** Absent for a public client (a native app, a single-page app). */
  readonly clientSecret?: string | undefined;
  /**
   * Signs for the app instead of a secret (RFC 7523), where the provider takes that: PEM, or a JWK as JSON text.
   * Registered with the provider is its public counterpart alone.
   */
  readonly clientPrivateKey?: string | undefined;
  /** The key's `kid`, where it is a PEM and the provider knows more than one. */
  readonly clientPrivateKeyId?: string | undefined;
  /** What to ask for when a consent names no scopes. */
  readonly scopes?: readonly string[] | undefined;
  /** `false`: never present a refresh token a second time, even when nothing is left to lose. */
  readonly replay?: boolean | undefined;
  /** Replaces scheme, host and port of all endpoints: for a simulator. `http:` only for loopback. */
  readonly baseUrl?: string | undefined;
}

/**
 * An app from what its owner wrote down: secrets become {@link Secret}s here. Throws `invalid` for what cannot be, and what
 * {@link providerApp} throws.
 */
export function bind(provider: Provider, options: AppOptions & OtherOptions): ProviderApp {
  checkAppOptions(options, { name: provider.name, needsClientId: true });
  return bound(provider, options);
}

/** The same for an app that may have no client id: it can hold static API keys alone. */
export function bindAny(provider: Provider, options: Partial<AppOptions> & OtherOptions): ProviderApp {
  checkAppOptions(options, { name: provider.name, needsClientId: false });
  return bound(provider, { ...options, clientId: options.clientId ?? '' });
}

function bound(
  provider: Provider,
  { clientSecret, clientPrivateKey, ...options }: AppOptions & OtherOptions,
): ProviderApp {
  return providerApp(provider, {
    ...options,
    clientPrivateKey: clientPrivateKey === undefined ? undefined : new Secret(clientPrivateKey),
    clientSecret: clientSecret === undefined ? undefined : new Secret(clientSecret),
  });
}

type OtherOptions = Omit<ProviderAppOptions, 'clientId' | 'clientSecret' | 'clientPrivateKey'>;
