import type { Provider } from '../provider.ts';

const docs = 'https://docs.gitlab.com/api/oauth2';

/** GitLab, on gitlab.com and self-managed. A renewal ends the old access token at once, and names the callback. */
export const gitlabData = {
  id: 'gitlab',
  name: 'GitLab',
  endpoints: {
    authorization: 'https://gitlab.com/oauth/authorize',
    token: 'https://gitlab.com/oauth/token',
    revocation: 'https://gitlab.com/oauth/revoke',
    deviceCode: 'https://gitlab.com/oauth/authorize_device',
    devicePage: 'https://gitlab.com/oauth/device',
    api: 'https://gitlab.com',
  },
  hosting: { hosts: [{ suffix: '', api: 'https://{host}' }], apiBelowBaseUrl: '' },
  scopes: {
    separator: ' ',
    presets: { default: ['read_user'] },
    known: ['read_user', 'api', 'read_api', 'read_repository', 'write_repository', 'openid', 'profile', 'email'],
    isOpen: true,
  },
  clientAuth: { confidential: 'body' },
  pkce: 'S256',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 7_200_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'single-use',
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: true,
  },
  registration: {
    console: 'https://gitlab.com/-/user_settings/applications',
    makes: 'Application, confidential',
    callbackField: 'Redirect URI',
    clientIdName: 'Application ID',
    clientSecretName: 'Secret',
  },
  tokenErrors: [{ error: 'invalid_grant', means: { kind: 'rejected', reason: 'rejected_unknown' } }],
  identity: { path: '/api/v4/user', subject: '/id', handle: '/username', mayBeBilled: false },
  revocation: { method: 'rfc7009' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: { callbackAtRenewal: true },
  evidence: {
    'endpoints.authorization': docs,
    'endpoints.token': docs,
    'endpoints.revocation': docs,
    'endpoints.deviceCode': `${docs}: since 17.2`,
    pkce: docs,
    'access.lifetimeMs': `${docs}: expires_in 7200`,
    'refresh.rotation': docs,
    'refresh.renewalKillsAccess': `${docs}: a renewal invalidates the existing access token and refresh token`,
    tokenErrors: 'recorded answers',
    identity: 'the source of Auth.js (providers/gitlab.ts)',
    'quirks.callbackAtRenewal': docs,
  },
  unverified: [
    'codeLifetimeMs',
    'clientAuth.confidential',
    'endpoints.devicePage',
    'refresh.reuseKillsFamily',
    'registration',
  ],
} as const satisfies Provider;
