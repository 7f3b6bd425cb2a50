import type { Provider } from '../provider.ts';

const docs =
  'https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login';

/** Instagram with Instagram Login, for professional accounts. The access token itself is renewed, once it is a day old. */
export const instagramData = {
  id: 'instagram',
  name: 'Instagram',
  endpoints: {
    authorization: 'https://www.instagram.com/oauth/authorize',
    token: 'https://api.instagram.com/oauth/access_token',
    upgrade: 'https://graph.instagram.com/access_token',
    renewal: 'https://graph.instagram.com/refresh_access_token',
    api: 'https://graph.instagram.com',
  },
  scopes: {
    separator: ',',
    presets: { default: ['instagram_business_basic'] },
    known: [
      'instagram_business_basic',
      'instagram_business_content_publish',
      'instagram_business_manage_messages',
      'instagram_business_manage_comments',
    ],
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
    exchange: { grantType: 'ig_refresh_token', tokenParameter: 'access_token', credentials: 'none' },
    minAgeMs: 86_400_000,
    shortLived: {
      lifetimeMs: 3_600_000,
      exchange: { grantType: 'ig_exchange_token', tokenParameter: 'access_token', credentials: 'secret' },
    },
  },
  registration: {
    console: 'https://developers.facebook.com/apps',
    makes: 'App with the product Instagram, API setup with Instagram login',
    callbackField: 'Business login settings, OAuth redirect URIs',
    clientIdName: 'Instagram app ID',
    clientSecretName: 'Instagram app secret',
    httpsOnly: true,
  },
  tokenErrors: [
    { error: '190', code: '463', means: { kind: 'rejected', reason: 'expired' } },
    { error: '190', code: '460', means: { kind: 'rejected', reason: 'revoked_by_provider' } },
    { error: '190', code: '467', means: { kind: 'rejected', reason: 'revoked_by_provider' } },
    { error: '190', code: '458', means: { kind: 'rejected', reason: 'revoked_by_provider' } },
    { error: '190', means: { kind: 'rejected', reason: 'rejected_unknown' } },
  ],
  identity: { path: '/v25.0/me?fields=id,username', subject: '/id', handle: '/username', mayBeBilled: false },
  revocation: { method: 'none' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: { errorsInObject: true, codeEndsInFragment: true },
  evidence: {
    'endpoints.authorization': docs,
    'endpoints.token': docs,
    renewal: `${docs}: as Threads, with ig_exchange_token and ig_refresh_token`,
    'renewal.minAgeMs': docs,
    'access.lifetimeMs': `${docs}: 60 days`,
    'renewal.shortLived': `${docs}: 1 hour`,
    'scopes.known': docs,
    identity: 'programs that call graph.instagram.com/me',
    tokenErrors: 'recorded answers: code 190 with subcode 463; the other subcodes are not confirmed',
    'quirks.errorsInObject': 'recorded answers',
    'quirks.codeEndsInFragment': docs,
  },
  unverified: ['pkce', 'codeLifetimeMs', 'tokenErrors', 'revocation', 'refresh.renewalKillsAccess', 'registration'],
} as const satisfies Provider;
