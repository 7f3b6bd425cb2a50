import type { Provider } from '../provider.ts';

const docs = 'https://developers.tiktok.com/docs/en/oauth-refresh-a-user-access-token';

/** TikTok. The client id is called client_key, and the refresh token works once. */
export const tiktokData = {
  id: 'tiktok',
  name: 'TikTok',
  endpoints: {
    authorization: 'https://www.tiktok.com/v2/auth/authorize/',
    token: 'https://open.tiktokapis.com/v2/oauth/token/',
    api: 'https://open.tiktokapis.com',
  },
  scopes: {
    separator: ',',
    presets: { default: ['user.info.basic'] },
    known: ['user.info.basic', 'user.info.profile', 'user.info.stats', 'video.list', 'video.upload', 'video.publish'],
    isOpen: true,
  },
  clientAuth: { confidential: 'body' },
  pkce: 'none',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 7_200_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'single-use',
    absoluteMs: 180 * 86_400_000,
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  registration: {
    console: 'https://developers.tiktok.com/apps',
    makes: 'App, with the product Login Kit',
    callbackField: 'Redirect URI',
    clientIdName: 'Client key',
    clientSecretName: 'Client secret',
    httpsOnly: true,
  },
  tokenErrors: [
    { error: 'invalid_grant', means: { kind: 'rejected', reason: 'rejected_unknown' } },
    { error: 'access_token_invalid', means: { kind: 'rejected', reason: 'rejected_unknown' } },
  ],
  identity: {
    path: '/v2/user/info/?fields=open_id,display_name',
    subject: '/data/user/open_id',
    handle: '/data/user/display_name',
    mayBeBilled: false,
  },
  revocation: { method: 'none' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: { clientIdIsClientKey: true, refreshLifetimeShortName: true, errorsArriveAs200: true },
  evidence: {
    'endpoints.token': docs,
    pkce: `${docs}: it is for mobile and desktop`,
    'access.lifetimeMs':
      'https://developers.tiktok.com/docs/en/oauth-user-access-token-management: 2 hours since November 2026, 24 hours before',
    'refresh.absoluteMs':
      'https://developers.tiktok.com/docs/en/oauth-user-access-token-management: 180 days since November 2026, 365 before; the answer says it',
    'refresh.rotation': `${docs}: the previous refresh token stops working once a new one is issued`,
    identity: 'https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info',
    'quirks.clientIdIsClientKey': docs,
    'quirks.refreshLifetimeShortName': docs,
    tokenErrors: docs,
    'quirks.errorsArriveAs200': 'reported, and not confirmed',
  },
  unverified: [
    'codeLifetimeMs',
    'quirks.errorsArriveAs200',
    'refresh.reuseKillsFamily',
    'refresh.renewalKillsAccess',
    'revocation',
    'registration',
  ],
} as const satisfies Provider;
