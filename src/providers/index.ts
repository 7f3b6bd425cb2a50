import { Secret } from '../model/secret.ts';
import { auth0Data } from './data/auth0.ts';
import { githubData } from './data/github.ts';
import { xData } from './data/x.ts';
import type { Provider } from './provider.ts';
import type { RefreshOptions } from './app-settings.ts';
import { providerApp, type ProviderApp, type ProviderAppOptions } from './provider-app.ts';

export type { Provider } from './provider.ts';
export type { RefreshOptions } from './app-settings.ts';
export type { ProviderApp } from './provider-app.ts';

/** All providers that Kippu knows by itself. */
export const CATALOGUE: readonly Provider[] = [xData, githubData, auth0Data];

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

export interface Auth0Options extends AppOptions {
  /** Of the tenant, as in `your-tenant.eu.auth0.com`, or a custom domain. Without `https://`. */
  readonly domain?: string | undefined;
  /** The identifier of the API that access tokens are for. Without it they are good for `/userinfo` alone. */
  readonly audience?: string | undefined;
  /** Where users sign in: an organization's id (`org_…`), or its name if the tenant allows names. */
  readonly organization?: string | undefined;
  /** The app's *Token Endpoint Authentication Method*: `body` for Post (the default), `basic` for Basic. */
  readonly clientAuth?: 'body' | 'basic' | undefined;
  /**
   * The app's refresh token settings, which no answer of Auth0 says. Spans in milliseconds. Default: rotation, no leeway,
   * 30 days from the consent, 30 days without a renewal.
   */
  readonly refresh?: RefreshOptions | undefined;
}

/**
 * Your application at Auth0. `clientSecret` makes it a regular web application; without it, it is a native one. One of
 * `domain` and `baseUrl` is needed. See https://auth0.com/docs/get-started/applications
 *
 * Throws `invalid` without a domain.
 *
 * @example
 * ```ts
 * import { auth0 } from 'kippu/providers';
 * export const app = auth0({
 *   domain: 'your-tenant.eu.auth0.com',
 *   clientId: 'your-client-id',
 *   clientSecret: process.env['KIPPU_AUTH0_CLIENT_SECRET'],
 *   audience: 'https://api.example.com',
 *   refresh: { leewayMs: 60_000 },
 * });
 * ```
 */
export function auth0({ domain, ...options }: Auth0Options): ProviderApp {
  return bind(auth0Data, { ...options, host: domain });
}

function bind(provider: Provider, { clientSecret, ...options }: BoundOptions): ProviderApp {
  return providerApp(provider, {
    ...options,
    clientSecret: clientSecret === undefined ? undefined : new Secret(clientSecret),
  });
}

type BoundOptions = AppOptions & Omit<ProviderAppOptions, 'clientSecret'>;
