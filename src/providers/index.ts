import { Secret } from '../model/secret.ts';
import { xData } from './data/x.ts';
import type { Provider } from './provider.ts';
import { providerApp, type ProviderApp } from './provider-app.ts';

export type { Provider } from './provider.ts';
export type { ProviderApp } from './provider-app.ts';

/** All providers that Kippu knows by itself. */
export const CATALOGUE: readonly Provider[] = [xData];

export interface AppOptions {
  /** From the provider's developer console. Not secret. */
  readonly clientId: string;
  /** Absent for a public client (a native app, a single-page app). */
  readonly clientSecret?: string | undefined;
  /** What to ask for when a consent names no scopes. */
  readonly scopes?: readonly string[] | undefined;
  /** `false`: never present a refresh token a second time, even when nothing is left to lose. */
  readonly replay?: boolean | undefined;
  /** Replaces scheme, host and port of all endpoints: for a simulator. `http:` only for loopback. */
  readonly baseUrl?: string | undefined;
}

/**
 * Your app at X. `clientSecret` makes it a confidential client (Web App, Automated App or Bot); without it, it is a
 * public one (Native App, Single Page App). See https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
 *
 * @example
 * ```ts
 * import { x } from 'kippu/providers';
 * export const app = x({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_X_CLIENT_SECRET'] });
 * ```
 */
export function x(options: AppOptions): ProviderApp {
  return bind(xData, options);
}

function bind(provider: Provider, { clientSecret, ...options }: AppOptions): ProviderApp {
  return providerApp(provider, {
    ...options,
    clientSecret: clientSecret === undefined ? undefined : new Secret(clientSecret),
  });
}
