import type { Provider } from '../provider.ts';

const docs = 'https://developers.hubspot.com/docs/api-reference';

/** HubSpot, with the token endpoint of 2026-03; version 1 is shut off in February 2027. */
export const hubspotData = {
  id: 'hubspot',
  name: 'HubSpot',
  endpoints: {
    authorization: 'https://app.hubspot.com/oauth/authorize',
    token: 'https://api.hubapi.com/oauth/2026-03/token',
    api: 'https://api.hubapi.com',
  },
  scopes: { separator: ' ', presets: { default: ['oauth'] }, known: ['oauth'], isOpen: true },
  clientAuth: { confidential: 'body' },
  pkce: 'none',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 1_800_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'reusable',
    answered: 'same',
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  registration: {
    console: 'https://app.hubspot.com/developer-overview',
    makes: 'App, public',
    callbackField: 'Auth, Redirect URLs',
    clientIdName: 'Client ID',
    clientSecretName: 'Client secret',
  },
  tokenErrors: [
    { error: 'BAD_REFRESH_TOKEN', means: { kind: 'rejected', reason: 'rejected_unknown' } },
    { error: 'invalid_grant', means: { kind: 'rejected', reason: 'rejected_unknown' } },
  ],
  identity: { path: '/account-info/2026-03/details', subject: '/portalId', handle: '/uiDomain', mayBeBilled: false },
  revocation: { method: 'none' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: {},
  evidence: {
    'endpoints.token': 'recorded answers',
    'access.lifetimeMs': 'expires_in 1800',
    'refresh.rotation': 'recorded answers',
    'refresh.answered': 'recorded answers: the same one, or none',
    identity: `${docs}/latest/account/account-information/get-account-details`,
  },
  unverified: [
    'pkce',
    'codeLifetimeMs',
    'tokenErrors',
    'clientAuth.confidential',
    'refresh.renewalKillsAccess',
    'revocation',
    'registration',
  ],
} as const satisfies Provider;
