import { Secret } from '../model/secret.ts';
import { defined, type ProviderDefinition } from './define.ts';
import { auth0Data } from './data/auth0.ts';
import { atlassianData } from './data/atlassian.ts';
import { discordData } from './data/discord.ts';
import { dropboxData } from './data/dropbox.ts';
import { entraData } from './data/entra.ts';
import { facebookData } from './data/facebook.ts';
import { githubData } from './data/github.ts';
import { gitlabData } from './data/gitlab.ts';
import { googleData } from './data/google.ts';
import { hubspotData } from './data/hubspot.ts';
import { instagramData } from './data/instagram.ts';
import { lineData } from './data/line.ts';
import { linkedinData } from './data/linkedin.ts';
import { mastodonData } from './data/mastodon.ts';
import { notionData } from './data/notion.ts';
import { salesforceData } from './data/salesforce.ts';
import { slackData } from './data/slack.ts';
import { spotifyData } from './data/spotify.ts';
import { threadsData } from './data/threads.ts';
import { tiktokData } from './data/tiktok.ts';
import { xData } from './data/x.ts';
import { zoomData } from './data/zoom.ts';
import type { Provider } from './provider.ts';
import type { RefreshOptions } from './app-settings.ts';
import { providerApp, type ProviderApp, type ProviderAppOptions } from './provider-app.ts';

export type { ProviderDefinition } from './define.ts';
export type { Provider } from './provider.ts';
export type { RefreshOptions } from './app-settings.ts';
export type { ProviderApp } from './provider-app.ts';

/** All providers that Kippu knows by itself. */
export const CATALOGUE: readonly Provider[] = [
  xData,
  githubData,
  auth0Data,
  googleData,
  entraData,
  facebookData,
  instagramData,
  threadsData,
  spotifyData,
  linkedinData,
  slackData,
  discordData,
  gitlabData,
  tiktokData,
  notionData,
  dropboxData,
  atlassianData,
  hubspotData,
  zoomData,
  lineData,
  salesforceData,
  mastodonData,
];

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

/**
 * Describes any other OAuth 2.0 provider. `id`, `name` and `endpoints` are enough for one that keeps to the RFCs; each
 * further field says what differs. The result is data: it goes to {@link appAt}, into `ownProviders` of
 * `kippu.config.ts`, and to `simulate` of `kippu/sim`.
 *
 * Throws `KippuError` with `code` `invalid`, saying what is wrong, where, and what to give: for a field that there is
 * not, an endpoint that is not https (RFC 6749, section 3.1), the id of a provider that Kippu knows.
 *
 * @example
 * ```ts
 * import { appAt, defineProvider } from 'kippu/providers';
 * export const acme = defineProvider({
 *   id: 'acme',
 *   name: 'Acme',
 *   endpoints: {
 *     authorization: 'https://acme.example/oauth/authorize',
 *     token: 'https://acme.example/oauth/token',
 *     api: 'https://api.acme.example',
 *   },
 *   identity: { path: '/me', subject: '/id', handle: '/login' },
 * });
 * export const app = appAt(acme, { clientId: 'your-client-id', clientSecret: process.env['ACME_SECRET'] });
 * ```
 */
export function defineProvider(definition: ProviderDefinition): Provider {
  return defined(
    definition,
    CATALOGUE.map(({ id }) => id),
  );
}

/**
 * Your app at a provider that you have described with {@link defineProvider}. Without `clientId` it can hold static API
 * keys and nothing else.
 */
export function appAt(provider: Provider, options: Partial<GithubOptions> = {}): ProviderApp {
  return bind(provider, { ...options, clientId: options.clientId ?? '' });
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

/** Your app at Facebook, with Facebook Login. */
export function facebook(options: AppOptions): ProviderApp {
  return bind(facebookData, options);
}

/** Your app at Instagram, with Instagram Login. */
export function instagram(options: AppOptions): ProviderApp {
  return bind(instagramData, options);
}

/** Your Threads app: it has an id and a secret of its own. */
export function threads(options: AppOptions): ProviderApp {
  return bind(threadsData, options);
}

/** Your app at Spotify. */
export function spotify(options: AppOptions): ProviderApp {
  return bind(spotifyData, options);
}

export interface HostedOptions extends AppOptions {
  /** A host other than the provider's own. */
  readonly host?: string | undefined;
}

/** Your app at LinkedIn. */
export function linkedin(options: AppOptions): ProviderApp {
  return bind(linkedinData, options);
}

/** Your app at Slack, with token rotation. */
export function slack(options: AppOptions): ProviderApp {
  return bind(slackData, options);
}

/** Your app at Discord. */
export function discord(options: AppOptions): ProviderApp {
  return bind(discordData, options);
}

/** Your app at GitLab. */
export function gitlab(options: HostedOptions): ProviderApp {
  return bind(gitlabData, options);
}

/** Your app at TikTok. */
export function tiktok(options: AppOptions): ProviderApp {
  return bind(tiktokData, options);
}

/** Your app at Notion. */
export function notion(options: AppOptions): ProviderApp {
  return bind(notionData, options);
}

/** Your app at Dropbox. */
export function dropbox(options: AppOptions): ProviderApp {
  return bind(dropboxData, options);
}

/** Your app at Atlassian. */
export function atlassian(options: AppOptions): ProviderApp {
  return bind(atlassianData, options);
}

/** Your app at HubSpot. */
export function hubspot(options: AppOptions): ProviderApp {
  return bind(hubspotData, options);
}

/** Your app at Zoom. */
export function zoom(options: AppOptions): ProviderApp {
  return bind(zoomData, options);
}

/** Your app at LINE. */
export function line(options: AppOptions): ProviderApp {
  return bind(lineData, options);
}

/** Your app at Salesforce; `host` is your organization's. */
export function salesforce(options: HostedOptions): ProviderApp {
  return bind(salesforceData, options);
}

/** Your app at a Mastodon instance, which `host` names. */
export function mastodon(options: HostedOptions): ProviderApp {
  return bind(mastodonData, options);
}

function bind(provider: Provider, { clientSecret, clientPrivateKey, ...options }: BoundOptions): ProviderApp {
  return providerApp(provider, {
    ...options,
    clientPrivateKey: clientPrivateKey === undefined ? undefined : new Secret(clientPrivateKey),
    clientSecret: clientSecret === undefined ? undefined : new Secret(clientSecret),
  });
}

type BoundOptions = AppOptions & Omit<ProviderAppOptions, 'clientSecret' | 'clientPrivateKey'>;
