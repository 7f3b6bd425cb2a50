import type { Provider } from '../provider.ts';

const docs = 'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm';

/** Salesforce. Its API is on the host of the organization, so that host is what is configured. */
export const salesforceData = {
  id: 'salesforce',
  name: 'Salesforce',
  endpoints: {
    authorization: 'https://login.salesforce.com/services/oauth2/authorize',
    token: 'https://login.salesforce.com/services/oauth2/token',
    revocation: 'https://login.salesforce.com/services/oauth2/revoke',
    api: 'https://login.salesforce.com',
  },
  hosting: { hosts: [{ suffix: '.salesforce.com', api: 'https://{host}' }], apiBelowBaseUrl: '' },
  scopes: {
    separator: ' ',
    offline: 'offline_access',
    presets: { default: ['api', 'openid'] },
    known: ['api', 'openid', 'offline_access', 'refresh_token', 'full'],
    isOpen: true,
  },
  clientAuth: { confidential: 'body' },
  pkce: 'S256',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 7_200_000, whenMissing: 'unknown', isAnswered: false },
  refresh: {
    rotation: 'single-use',
    answered: 'sometimes',
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  registration: {
    console: 'https://login.salesforce.com',
    makes: 'External client app (or connected app) with OAuth',
    callbackField: 'Callback URL',
    clientIdName: 'Consumer Key',
    clientSecretName: 'Consumer Secret',
  },
  tokenErrors: [
    {
      description: 'expired access/refresh token',
      error: 'invalid_grant',
      means: { kind: 'rejected', reason: 'rejected_unknown' },
    },
  ],
  identity: {
    path: '/services/oauth2/userinfo',
    subject: '/user_id',
    handle: '/preferred_username',
    mayBeBilled: false,
  },
  revocation: { method: 'rfc7009' },
  grantsPerSubject: 'many',
  grantsPerSubjectMax: 5,
  callback: { loopbackHost: 'any' },
  quirks: {},
  evidence: {
    'endpoints.authorization': 'the provider list of Nango, read in August 2026',
    'endpoints.token': 'the provider list of Nango, read in August 2026',
    'access.isAnswered':
      'recorded answers have no expires_in: how long a session lasts is a setting of the organization',
    'refresh.answered': `${docs}: a new one where the app has refresh token rotation enabled`,
    'refresh.rotation': `${docs}: with rotation, the previous one is invalidated`,
    grantsPerSubjectMax:
      "the documentation of Oracle's adapter: five approvals a user and app, the sixth revokes the oldest",
    tokenErrors: 'recorded answers',
  },
  unverified: [
    'access.lifetimeMs',
    'access.isAnswered',
    'pkce',
    'codeLifetimeMs',
    'clientAuth.confidential',
    'identity',
    'hosting.hosts',
    'refresh.reuseKillsFamily',
    'refresh.renewalKillsAccess',
    'registration',
  ],
} as const satisfies Provider;
