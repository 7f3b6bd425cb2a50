import { Secret } from '../model/secret.ts';
import { defined, type ProviderDefinition } from './define.ts';
import { githubData } from './data/github.ts';
import { xData } from './data/x.ts';
import type { Provider } from './provider.ts';
import { providerApp, type ProviderApp } from './provider-app.ts';

export type { ProviderDefinition } from './define.ts';
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

function bind(provider: Provider, { clientSecret, clientPrivateKey, ...options }: GithubOptions): ProviderApp {
  return providerApp(provider, {
    ...options,
    clientPrivateKey: clientPrivateKey === undefined ? undefined : new Secret(clientPrivateKey),
    clientSecret: clientSecret === undefined ? undefined : new Secret(clientSecret),
  });
}
