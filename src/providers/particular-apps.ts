import type { RefreshOptions } from './app-settings.ts';
import { bind, type AppOptions } from './bind.ts';
import { auth0Data } from './data/auth0.ts';
import { entraData } from './data/entra.ts';
import { githubData } from './data/github.ts';
import { gitlabData } from './data/gitlab.ts';
import { googleData } from './data/google.ts';
import { mastodonData } from './data/mastodon.ts';
import { salesforceData } from './data/salesforce.ts';
import type { ProviderApp } from './provider-app.ts';

/** As {@link AppOptions}, and on which host. */
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

/** As {@link AppOptions}, with what each tenant and each application decides for itself. */
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

/** As {@link AppOptions}, and whether the consent screen is in testing. */
export interface GoogleOptions extends AppOptions {
  /** The consent screen is External and in Testing: a grant lasts seven days. */
  readonly testing?: boolean | undefined;
}

/**
 * Your OAuth client at Google. See https://developers.google.com/identity/protocols/oauth2
 *
 * @example
 * ```ts
 * import { google } from 'kippu/providers';
 * export const app = google({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_GOOGLE_CLIENT_SECRET'], testing: true });
 * ```
 */
export function google(options: GoogleOptions): ProviderApp {
  return bind(googleData, options);
}

/** As {@link AppOptions}, and whose users may sign in. */
export interface EntraOptions extends AppOptions {
  /** A tenant's id or domain, `organizations` or `consumers`. Absent: `common`, which is everybody. */
  readonly tenant?: string | undefined;
}

/**
 * Your app registration at Microsoft Entra, of the platform Web. See https://learn.microsoft.com/entra/identity-platform
 *
 * @example
 * ```ts
 * import { entra } from 'kippu/providers';
 * export const app = entra({ clientId: 'your-client-id', tenant: 'contoso.onmicrosoft.com' });
 * ```
 */
export function entra(options: EntraOptions): ProviderApp {
  return bind(entraData, options);
}

/** As {@link AppOptions}, for a provider that customers run themselves or have a host of their own at. */
export interface HostedOptions extends AppOptions {
  /** A host other than the provider's own. */
  readonly host?: string | undefined;
}

/**
 * Your app at GitLab.
 *
 * @example
 * ```ts
 * import { gitlab } from 'kippu/providers';
 * export const app = gitlab({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_GITLAB_CLIENT_SECRET'], host: 'gitlab.example.com' });
 * ```
 */
export function gitlab(options: HostedOptions): ProviderApp {
  return bind(gitlabData, options);
}

/**
 * Your app at Salesforce; `host` is your organization's.
 *
 * @example
 * ```ts
 * import { salesforce } from 'kippu/providers';
 * export const app = salesforce({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_SALESFORCE_CLIENT_SECRET'], host: 'acme.my.salesforce.com' });
 * ```
 */
export function salesforce(options: HostedOptions): ProviderApp {
  return bind(salesforceData, options);
}

/**
 * Your app at a Mastodon instance, which `host` names.
 *
 * @example
 * ```ts
 * import { mastodon } from 'kippu/providers';
 * export const app = mastodon({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_MASTODON_CLIENT_SECRET'], host: 'mastodon.example' });
 * ```
 */
export function mastodon(options: HostedOptions): ProviderApp {
  return bind(mastodonData, options);
}
