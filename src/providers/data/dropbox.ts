import type { Provider } from '../provider.ts';

/** Dropbox. The refresh token stays, and is not answered again. */
export const dropboxData = {
  id: 'dropbox',
  name: 'Dropbox',
  endpoints: {
    authorization: 'https://www.dropbox.com/oauth2/authorize',
    token: 'https://api.dropboxapi.com/oauth2/token',
    api: 'https://api.dropboxapi.com',
  },
  scopes: {
    separator: ' ',
    presets: { default: ['account_info.read'] },
    known: ['account_info.read', 'files.metadata.read', 'files.content.read', 'files.content.write'],
    isOpen: true,
  },
  clientAuth: { confidential: 'body' },
  pkce: 'S256',
  authorizationParams: { token_access_type: 'offline' },
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 14_400_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'reusable',
    answered: 'none',
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
    needsParams: { token_access_type: 'offline' },
  },
  registration: {
    console: 'https://www.dropbox.com/developers/apps',
    makes: 'App, scoped access',
    callbackField: 'Redirect URIs',
    clientIdName: 'App key',
    clientSecretName: 'App secret',
  },
  tokenErrors: [
    {
      description: 'refresh token is invalid or revoked',
      error: 'invalid_grant',
      means: { kind: 'rejected', reason: 'rejected_unknown' },
    },
  ],
  identity: {
    method: 'POST',
    path: '/2/users/get_current_account',
    subject: '/account_id',
    handle: '/email',
    mayBeBilled: false,
  },
  revocation: { method: 'none' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: {},
  evidence: {
    'endpoints.authorization': 'recorded answers',
    'endpoints.token': 'recorded answers',
    authorizationParams:
      'recorded: without token_access_type=offline the token lives four hours and there is no refresh token',
    pkce: 'recorded answers',
    tokenErrors: 'recorded once',
    identity: 'the source of Auth.js (providers/dropbox.ts)',
  },
  unverified: [
    'access.lifetimeMs',
    'refresh.rotation',
    'refresh.answered',
    'refresh.renewalKillsAccess',
    'clientAuth.confidential',
    'codeLifetimeMs',
    'tokenErrors',
    'identity',
    'registration',
  ],
} as const satisfies Provider;
