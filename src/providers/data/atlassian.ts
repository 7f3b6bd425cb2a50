import type { Provider } from '../provider.ts';

const docs = 'https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens';

/** Atlassian (Jira and Confluence). A spent refresh token is still taken for ten minutes. */
export const atlassianData = {
  id: 'atlassian',
  name: 'Atlassian',
  endpoints: {
    authorization: 'https://auth.atlassian.com/authorize',
    token: 'https://auth.atlassian.com/oauth/token',
    api: 'https://api.atlassian.com',
  },
  scopes: {
    separator: ' ',
    offline: 'offline_access',
    presets: { default: ['read:me'] },
    known: ['offline_access', 'read:me', 'read:jira-user', 'read:jira-work', 'write:jira-work'],
    isOpen: true,
  },
  clientAuth: { confidential: 'body' },
  pkce: 'none',
  authorizationParams: { audience: 'api.atlassian.com', prompt: 'consent' },
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 3_600_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'single-use',
    absoluteMs: 365 * 86_400_000,
    idleMs: 90 * 86_400_000,
    reuseGraceMs: 600_000,
    graceForksFamily: false,
    reuseKillsFamily: true,
    renewalKillsAccess: false,
  },
  registration: {
    console: 'https://developer.atlassian.com/console/myapps',
    makes: 'OAuth 2.0 (3LO) app',
    callbackField: 'Authorization, Callback URL',
    clientIdName: 'Client ID',
    clientSecretName: 'Secret',
  },
  tokenErrors: [
    {
      status: 403,
      description: 'refresh_token is invalid',
      error: 'unauthorized_client',
      means: { kind: 'rejected', reason: 'rejected_unknown' },
    },
    { error: 'invalid_grant', means: { kind: 'rejected', reason: 'rejected_unknown' } },
    { status: 401, error: 'access_denied', means: { kind: 'misconfigured' } },
  ],
  identity: { path: '/me', subject: '/account_id', handle: '/email', mayBeBilled: false },
  revocation: { method: 'none' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: {},
  evidence: {
    'endpoints.authorization': 'the provider list of Nango, read in August 2026',
    'endpoints.token': 'the provider list of Nango, read in August 2026',
    authorizationParams: 'the provider list of Nango, read in August 2026',
    'scopes.offline': docs,
    'access.lifetimeMs': 'recorded answers',
    'refresh.absoluteMs': `${docs}: 365 days for the whole family`,
    'refresh.idleMs': `${docs}: 90 days`,
    'refresh.reuseGraceMs': `${docs}: 10 minutes`,
    'refresh.reuseKillsFamily': `${docs}: outside of them, breach detection`,
    tokenErrors:
      'recorded answers: 403 unauthorized_client for a dead refresh token, 401 access_denied for a wrong secret',
    identity: 'the source of Auth.js (providers/atlassian.ts)',
  },
  unverified: [
    'pkce',
    'codeLifetimeMs',
    'refresh.graceForksFamily',
    'refresh.renewalKillsAccess',
    'clientAuth.confidential',
    'revocation',
    'registration',
  ],
} as const satisfies Provider;
