import type { Provider } from '../provider.ts';

const docs = 'https://learn.microsoft.com/linkedin/shared/authentication/programmatic-refresh-tokens';

/** LinkedIn. Refresh tokens are for approved partners; everybody else consents again every 60 days. */
export const linkedinData = {
  id: 'linkedin',
  name: 'LinkedIn',
  endpoints: {
    authorization: 'https://www.linkedin.com/oauth/v2/authorization',
    token: 'https://www.linkedin.com/oauth/v2/accessToken',
    api: 'https://api.linkedin.com',
  },
  scopes: {
    separator: ' ',
    presets: { default: ['openid', 'profile'] },
    known: ['openid', 'profile', 'email', 'w_member_social'],
    isOpen: true,
  },
  clientAuth: { confidential: 'body' },
  pkce: 'none',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 5_184_000_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'reusable',
    answered: 'same',
    absoluteMs: 365 * 86_400_000,
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  registration: {
    console: 'https://www.linkedin.com/developers/apps',
    makes: 'App',
    callbackField: 'Authorized redirect URLs for your app',
    clientIdName: 'Client ID',
    clientSecretName: 'Primary Client Secret',
  },
  tokenErrors: [
    {
      description: 'The provided authorization grant or refresh token is invalid, expired or revoked',
      error: 'invalid_request',
      means: { kind: 'rejected', reason: 'rejected_unknown' },
    },
  ],
  identity: { path: '/v2/userinfo', subject: '/sub', handle: '/name', mayBeBilled: false },
  revocation: { method: 'none' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: { refreshLifetimeAnswered: true },
  evidence: {
    'endpoints.authorization': 'the provider list of Nango, read in August 2026',
    'endpoints.token': 'the provider list of Nango, read in August 2026',
    'clientAuth.confidential': 'the provider list of Nango, read in August 2026',
    pkce: 'the provider list of Nango, read in August 2026',
    'access.lifetimeMs': `${docs}: 60 days`,
    'refresh.absoluteMs': `${docs}: 365 days from the first grant, and no renewal extends them`,
    'refresh.answered': `${docs}: the same token comes back`,
    'quirks.refreshLifetimeAnswered': `${docs}: it shrinks with every answer`,
    tokenErrors: 'recorded once',
  },
  unverified: [
    'tokenErrors',
    'codeLifetimeMs',
    'identity',
    'revocation',
    'scopes.known',
    'refresh.renewalKillsAccess',
    'registration',
  ],
} as const satisfies Provider;
