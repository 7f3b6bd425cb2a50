import type { Provider } from '../provider.ts';

const docs = 'https://developer.spotify.com';

/** Spotify: six months after a user's consent he must consent again, however often it was renewed. */
export const spotifyData = {
  id: 'spotify',
  name: 'Spotify',
  endpoints: {
    authorization: 'https://accounts.spotify.com/authorize',
    token: 'https://accounts.spotify.com/api/token',
    api: 'https://api.spotify.com',
  },
  scopes: {
    separator: ' ',
    presets: { default: ['user-read-private'] },
    known: ['user-read-private', 'user-read-email'],
    isOpen: true,
  },
  clientAuth: { confidential: 'basic' },
  pkce: 'S256',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 3_600_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'single-use',
    answered: 'sometimes',
    absoluteMs: 180 * 86_400_000,
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  registration: {
    console: 'https://developer.spotify.com/dashboard',
    makes: 'App, with the Web API',
    callbackField: 'Redirect URIs',
    clientIdName: 'Client ID',
    clientSecretName: 'Client secret',
  },
  tokenErrors: [{ error: 'invalid_grant', means: { kind: 'rejected', reason: 'rejected_unknown' } }],
  identity: { path: '/v1/me', subject: '/id', handle: '/id', mayBeBilled: false },
  revocation: { method: 'none' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: '127.0.0.1' },
  quirks: {},
  evidence: {
    'endpoints.authorization': 'the provider list of Nango, read in August 2026',
    'endpoints.token': 'the provider list of Nango, read in August 2026',
    'access.lifetimeMs': 'recorded answers: expires_in 3600',
    'refresh.absoluteMs': `${docs}/blog/2026-06-18-refresh-token-expiration: six months after the original authorization; a renewal does not extend it`,
    'refresh.answered': 'recorded answers: with and without one',
    tokenErrors: `${docs}/blog/2026-06-18-refresh-token-expiration: invalid_grant; its text is not confirmed`,
  },
  unverified: [
    'pkce',
    'codeLifetimeMs',
    'identity',
    'revocation',
    'callback',
    'refresh.rotation',
    'refresh.reuseKillsFamily',
    'refresh.renewalKillsAccess',
    'registration',
  ],
} as const satisfies Provider;
