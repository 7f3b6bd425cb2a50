/**
 * The providers that Kippu knows, your apps at them, and how to describe any other.
 *
 * @module kippu/providers
 */

import { bindAny } from './bind.ts';
import { CATALOGUE } from './catalogue.ts';
import { defined, type ProviderDefinition } from './define.ts';
import type { GithubOptions } from './particular-apps.ts';
import type { ProviderApp } from './provider-app.ts';
import type { Provider } from './provider.ts';

export type { ProviderDefinition } from './define.ts';
export type {
  AccessCheck,
  AccessLifetime,
  AccessTokenRenewal,
  AppOnly,
  AppParameters,
  CallbackRules,
  ClientAuth,
  Dpop,
  Endpoints,
  Hosting,
  Identity,
  IdTokenRules,
  PrivateKeyJwt,
  Provider,
  RefreshLifetime,
  Registration,
  Revocation,
  Scopes,
  Tenancy,
  TokenErrorRow,
  TokenExchange,
} from './provider.ts';
export type { Quirks } from './quirks.ts';
export type { RefreshOptions } from './app-settings.ts';
export type { ProviderApp } from './provider-app.ts';
export type { AppOptions } from './bind.ts';
export { CATALOGUE } from './catalogue.ts';
export {
  auth0,
  entra,
  github,
  gitlab,
  google,
  mastodon,
  salesforce,
  type Auth0Options,
  type EntraOptions,
  type GithubOptions,
  type GoogleOptions,
  type HostedOptions,
} from './particular-apps.ts';
export {
  atlassian,
  discord,
  dropbox,
  facebook,
  hubspot,
  instagram,
  line,
  linkedin,
  notion,
  slack,
  spotify,
  threads,
  tiktok,
  x,
  zoom,
} from './plain-apps.ts';

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
 *
 * @example
 * ```ts
 * import { appAt, defineProvider } from 'kippu/providers';
 * const acme = defineProvider({ id: 'acme', name: 'Acme', endpoints: { api: 'https://api.acme.example' } });
 * export const app = appAt(acme); // for static API keys alone
 * ```
 */
export function appAt(provider: Provider, options: Partial<GithubOptions> = {}): ProviderApp {
  return bindAny(provider, options);
}
