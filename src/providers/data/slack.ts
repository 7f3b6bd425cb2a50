import type { Provider } from '../provider.ts';

const docs = 'https://docs.slack.dev/authentication/using-token-rotation';

/** Slack, with the bot token of an app whose token rotation is on. Its errors come with HTTP 200. */
export const slackData = {
  id: 'slack',
  name: 'Slack',
  endpoints: {
    authorization: 'https://slack.com/oauth/v2/authorize',
    token: 'https://slack.com/api/oauth.v2.access',
    api: 'https://slack.com',
  },
  scopes: {
    separator: ',',
    presets: { default: ['users:read'] },
    known: ['users:read', 'chat:write', 'channels:read'],
    isOpen: true,
  },
  clientAuth: { confidential: 'basic' },
  pkce: 'S256',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 43_200_000, whenMissing: 'never' },
  refresh: {
    rotation: 'single-use',
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  registration: {
    console: 'https://api.slack.com/apps',
    makes: 'App, with Advanced token security via token rotation opted in',
    callbackField: 'OAuth & Permissions, Redirect URLs',
    clientIdName: 'Client ID',
    clientSecretName: 'Client Secret',
    httpsOnly: true,
  },
  tokenErrors: [
    { error: 'invalid_refresh_token', means: { kind: 'rejected', reason: 'rejected_unknown' } },
    { error: 'token_revoked', means: { kind: 'rejected', reason: 'revoked_by_provider' } },
    { error: 'bad_client_secret', means: { kind: 'misconfigured' } },
    { error: 'invalid_client_id', means: { kind: 'misconfigured' } },
    { error: 'token_rotation_not_enabled', means: { kind: 'misconfigured' } },
  ],
  identity: {
    method: 'POST',
    path: '/api/auth.test',
    subject: '/user_id',
    handle: '/user',
    refusedBy: { pointer: '/error', values: ['invalid_auth', 'token_expired', 'token_revoked', 'account_inactive'] },
    mayBeBilled: false,
  },
  revocation: { method: 'none' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: { errorsArriveAs200: true },
  evidence: {
    'endpoints.token': 'https://docs.slack.dev/reference/methods/oauth.v2.access',
    'clientAuth.confidential': 'https://docs.slack.dev/reference/methods/oauth.v2.access',
    pkce: 'https://docs.slack.dev/reference/methods/oauth.v2.access',
    'access.lifetimeMs': `${docs}: 12 hours with token rotation`,
    'access.whenMissing': `${docs}: without token rotation, tokens have no end`,
    'refresh.rotation': `${docs}: the refresh token is then revoked`,
    tokenErrors: 'https://docs.slack.dev/reference/methods/oauth.v2.exchange; recorded answers',
    'quirks.errorsArriveAs200': 'recorded answers',
  },
  unverified: ['codeLifetimeMs', 'identity', 'refresh.reuseKillsFamily', 'refresh.renewalKillsAccess', 'registration'],
} as const satisfies Provider;
