import { Secret } from '../model/secret.ts';
import { githubData } from './data/github.ts';
import { xData } from './data/x.ts';
import type { Provider } from './provider.ts';
import { providerApp, type ProviderApp } from './provider-app.ts';

export type { Provider } from './provider.ts';
export type { ProviderApp } from './provider-app.ts';

/** All providers that Kippu knows by itself. */
export const CATALOGUE: readonly Provider[] = [xData, githubData];

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

export interface GithubOptions extends AppOptions {
  /** Of an Enterprise Server or a `ghe.com` tenant, as in `github.example.com`. Absent: github.com. */
  readonly host?: string | undefined;
}

/**
 * Your GitHub App (or OAuth app). The web flow needs `clientSecret`; the device flow and the renewal of its tokens do
 * not. See https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
 *
 * @example
 * ```ts
 * import { github } from 'kippu/providers';
 * export const app = github({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_GITHUB_CLIENT_SECRET'] });
 * ```
 */
export function github(options: GithubOptions): ProviderApp {
  return bind(githubData, options);
}

function bind(provider: Provider, { clientSecret, clientPrivateKey, ...options }: GithubOptions): ProviderApp {
  return providerApp(provider, {
    ...options,
    clientPrivateKey: clientPrivateKey === undefined ? undefined : new Secret(clientPrivateKey),
    clientSecret: clientSecret === undefined ? undefined : new Secret(clientSecret),
  });
}
