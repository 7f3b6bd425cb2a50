import type { Provider } from '../provider.ts';

const docs = 'https://docs.joinmastodon.org/methods/oauth';

/** Mastodon, on the instance that is configured. Its access tokens never end. */
export const mastodonData = {
  id: 'mastodon',
  name: 'Mastodon',
  endpoints: {
    authorization: 'https://mastodon.social/oauth/authorize',
    token: 'https://mastodon.social/oauth/token',
    revocation: 'https://mastodon.social/oauth/revoke',
    api: 'https://mastodon.social',
  },
  hosting: { hosts: [{ suffix: '', api: 'https://{host}' }], apiBelowBaseUrl: '' },
  scopes: {
    separator: ' ',
    presets: { default: ['read'], post: ['read', 'write'] },
    known: ['profile', 'read', 'write', 'follow', 'push'],
    isOpen: true,
  },
  clientAuth: { confidential: 'body' },
  pkce: 'S256',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 0, whenMissing: 'never', isAnswered: false },
  refresh: {
    rotation: 'none',
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  registration: {
    console: 'https://mastodon.social/settings/applications',
    makes: 'Application',
    callbackField: 'Redirect URI',
    clientIdName: 'Client key',
    clientSecretName: 'Client secret',
  },
  tokenErrors: [],
  identity: { path: '/api/v1/accounts/verify_credentials', subject: '/id', handle: '/acct', mayBeBilled: false },
  revocation: { method: 'rfc7009' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: {},
  evidence: {
    'endpoints.authorization': docs,
    'endpoints.token': docs,
    'endpoints.revocation': docs,
    pkce: `${docs}: S256 since 4.3`,
    'access.whenMissing': `${docs}: no expires_in, no refresh token; it never expires`,
    identity: 'https://docs.joinmastodon.org/methods/accounts',
  },
  unverified: ['codeLifetimeMs', 'clientAuth.confidential', 'registration'],
} as const satisfies Provider;
