import type { Provider } from '../provider.ts';

const docs = 'https://developers.facebook.com/docs/facebook-login/guides/access-tokens';

/** Facebook Login. There is no refresh token: the access token itself is extended while it lives. */
export const facebookData = {
  id: 'facebook',
  name: 'Facebook',
  endpoints: {
    authorization: 'https://www.facebook.com/v25.0/dialog/oauth',
    token: 'https://graph.facebook.com/v25.0/oauth/access_token',
    upgrade: 'https://graph.facebook.com/v25.0/oauth/access_token',
    renewal: 'https://graph.facebook.com/v25.0/oauth/access_token',
    api: 'https://graph.facebook.com',
  },
  scopes: {
    separator: ',',
    presets: { default: ['public_profile'] },
    known: ['public_profile', 'email'],
    isOpen: true,
  },
  clientAuth: { confidential: 'body' },
  pkce: 'none',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 60 * 86_400_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'none',
    idleMs: 60 * 86_400_000,
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  renewal: {
    by: 'access_token',
    exchange: { grantType: 'fb_exchange_token', tokenParameter: 'fb_exchange_token', credentials: 'id_and_secret' },
    minAgeMs: 0,
    shortLived: {
      lifetimeMs: 3_600_000,
      exchange: { grantType: 'fb_exchange_token', tokenParameter: 'fb_exchange_token', credentials: 'id_and_secret' },
    },
  },
  registration: {
    console: 'https://developers.facebook.com/apps',
    makes: 'App with the use case Facebook Login',
    callbackField: 'Valid OAuth Redirect URIs',
    clientIdName: 'App ID',
    clientSecretName: 'App secret',
    httpsOnly: true,
  },
  tokenErrors: [
    { error: '190', code: '463', means: { kind: 'rejected', reason: 'expired' } },
    { error: '190', code: '460', means: { kind: 'rejected', reason: 'revoked_by_provider' } },
    { error: '190', code: '467', means: { kind: 'rejected', reason: 'revoked_by_provider' } },
    { error: '190', code: '458', means: { kind: 'rejected', reason: 'revoked_by_provider' } },
    { error: '190', means: { kind: 'rejected', reason: 'rejected_unknown' } },
  ],
  identity: { path: '/v25.0/me?fields=id,name', subject: '/id', handle: '/name', mayBeBilled: false },
  revocation: { method: 'none' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: { errorsInObject: true },
  evidence: {
    'endpoints.authorization': 'the version stands in the path; clients of 2026 use v25.0',
    'endpoints.token': 'the provider list and the source of Nango, read in August 2026',
    renewal: 'the source of Nango, read in August 2026 (fb_exchange_token)',
    'access.lifetimeMs': `${docs}: about 60 days`,
    identity: 'the source of Auth.js (providers/facebook.ts)',
    tokenErrors: 'recorded answers: code 190 with subcode 463; the other subcodes are not confirmed',
    'quirks.errorsInObject': 'recorded answers',
  },
  unverified: [
    'pkce',
    'codeLifetimeMs',
    'endpoints.authorization',
    'renewal.shortLived',

    'tokenErrors',
    'revocation',
    'refresh.renewalKillsAccess',
    'registration',
  ],
} as const satisfies Provider;
