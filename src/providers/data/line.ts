import type { Provider } from '../provider.ts';

const docs = 'https://developers.line.biz/en/docs/line-login/managing-access-tokens';

/** LINE Login. */
export const lineData = {
  id: 'line',
  name: 'LINE',
  endpoints: {
    authorization: 'https://access.line.me/oauth2/v2.1/authorize',
    token: 'https://api.line.me/oauth2/v2.1/token',
    api: 'https://api.line.me',
  },
  scopes: { separator: ' ', presets: { default: ['profile'] }, known: ['profile', 'openid', 'email'] },
  clientAuth: { confidential: 'body' },
  pkce: 'S256',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 2_592_000_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'single-use',
    answered: 'sometimes',
    idleMs: 90 * 86_400_000,
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  registration: {
    console: 'https://developers.line.biz/console',
    makes: 'LINE Login channel, app type Web app',
    callbackField: 'Callback URL',
    clientIdName: 'Channel ID',
    clientSecretName: 'Channel secret',
  },
  tokenErrors: [{ error: 'invalid_grant', means: { kind: 'rejected', reason: 'rejected_unknown' } }],
  identity: { path: '/v2/profile', subject: '/userId', handle: '/displayName', mayBeBilled: false },
  revocation: { method: 'none' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: {},
  evidence: {
    'endpoints.token': docs,
    'access.lifetimeMs': `${docs}: 30 days`,
    'refresh.idleMs': `${docs}: up to 90 days after its access token was issued`,
  },
  unverified: [
    'endpoints.authorization',
    'pkce',
    'codeLifetimeMs',
    'clientAuth.confidential',
    'tokenErrors',
    'identity',
    'revocation',
    'refresh.rotation',
    'refresh.answered',
    'refresh.reuseKillsFamily',
    'refresh.renewalKillsAccess',
    'registration',
  ],
} as const satisfies Provider;
