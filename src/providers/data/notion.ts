import type { Provider } from '../provider.ts';

const docs = 'https://developers.notion.com/reference';

/** Notion. Token requests are JSON, and no answer says how long an access token lives. */
export const notionData = {
  id: 'notion',
  name: 'Notion',
  endpoints: {
    authorization: 'https://api.notion.com/v1/oauth/authorize',
    token: 'https://api.notion.com/v1/oauth/token',
    revocation: 'https://api.notion.com/v1/oauth/revoke',
    api: 'https://api.notion.com',
  },
  scopes: { separator: ' ', presets: { default: [] }, known: [] },
  clientAuth: { confidential: 'basic' },
  pkce: 'none',
  authorizationParams: { owner: 'user' },
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 3_600_000, whenMissing: 'unknown', isAnswered: false },
  refresh: {
    rotation: 'single-use',
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  registration: {
    console: 'https://www.notion.so/my-integrations',
    makes: 'Public integration',
    callbackField: 'Redirect URIs',
    clientIdName: 'OAuth client ID',
    clientSecretName: 'OAuth client secret',
  },
  tokenErrors: [{ error: 'invalid_grant', means: { kind: 'rejected', reason: 'rejected_unknown' } }],
  identity: {
    path: '/v1/users/me',
    subject: '/id',
    handle: '/bot/owner/user/name',
    headers: { 'notion-version': '2022-06-28' },
    mayBeBilled: false,
  },
  revocation: { method: 'rfc7009' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: { requestsAsJson: true, permissionsNotScopes: true },
  evidence: {
    'endpoints.authorization': 'the provider list of Nango, read in August 2026',
    'endpoints.token': `${docs}/create-a-token`,
    'endpoints.revocation': docs,
    'access.isAnswered': `${docs}/create-a-token: the documented answer has no expires_in`,
    'refresh.rotation': `${docs}/refresh-a-token: a new access token and a new refresh token`,
    'quirks.requestsAsJson': `${docs}/create-a-token`,
    identity: 'the source of Auth.js (providers/notion.ts)',
  },
  unverified: [
    'access.lifetimeMs',
    'codeLifetimeMs',
    'tokenErrors',
    'refresh.reuseKillsFamily',
    'refresh.renewalKillsAccess',
    'identity',
    'revocation',
    'registration',
  ],
} as const satisfies Provider;
