import type { Provider } from '../provider.ts';

const docs = 'https://docs.x.com';
const invalidToken = 'Value passed for the token was invalid.';
const invalidCode = 'Value passed for the authorization code was invalid.';
const redirectMismatch = 'Value passed for the redirect uri did not match the uri of the authorization code.';
const verifierMismatch = 'Value passed for the code verifier did not match the code challenge.';

/** X (formerly Twitter), API v2. */
export const xData = {
  id: 'x',
  name: 'X',
  endpoints: {
    authorization: 'https://x.com/i/oauth2/authorize',
    token: 'https://api.x.com/2/oauth2/token',
    revocation: 'https://api.x.com/2/oauth2/revoke',
    api: 'https://api.x.com',
  },
  legacyOrigins: ['https://api.twitter.com', 'https://twitter.com'],
  scopes: {
    separator: ' ',
    offline: 'offline.access',
    presets: {
      default: ['tweet.read', 'tweet.write', 'users.read'],
      read: ['tweet.read', 'users.read'],
      post: ['tweet.read', 'tweet.write', 'users.read'],
      'post+media': ['tweet.read', 'tweet.write', 'users.read', 'media.write'],
      followers: ['tweet.read', 'users.read', 'follows.read'],
    },
    known: [
      'tweet.read', 'tweet.write', 'tweet.moderate.write', 'users.read', 'users.email', 'follows.read', 'follows.write',
      'offline.access', 'space.read', 'mute.read', 'mute.write', 'like.read', 'like.write', 'list.read', 'list.write',
      'block.read', 'block.write', 'bookmark.read', 'bookmark.write', 'dm.read', 'dm.write', 'media.write',
      'broadcast.read', 'broadcast.write', 'timeline.read',
    ],
  },
  clientAuth: { confidential: 'basic' },
  pkce: 'S256',
  stateCharsMax: 500,
  codeLifetimeMs: 30_000,
  access: { lifetimeMs: 7_200_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'single-use',
    absoluteMs: 180 * 86_400_000,
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  tokenErrors: [
    { status: 400, error: 'invalid_request', description: invalidToken, means: { kind: 'rejected', reason: 'rejected_unknown' } },
    { status: 400, error: 'invalid_request', description: invalidCode, means: { kind: 'code_refused' } },
    { status: 400, error: 'invalid_request', description: redirectMismatch, means: { kind: 'code_refused' } },
    { status: 400, error: 'invalid_request', description: verifierMismatch, means: { kind: 'code_refused' } },
    { status: 401, error: 'unauthorized_client', means: { kind: 'misconfigured' } },
    { error: 'invalid_client', means: { kind: 'misconfigured' } },
    { error: 'unsupported_grant_type', means: { kind: 'misconfigured' } },
    { status: 429, means: { kind: 'unavailable' } },
  ],
  identity: { path: '/2/users/me', subject: '/data/id', handle: '/data/username', mayBeBilled: true },
  revocation: { method: 'rfc7009' },
  grantsPerSubject: 'one',
  callback: { loopbackHost: '127.0.0.1', registeredMax: 10 },
  quirks: { basicWithoutEncoding: true, lowerCaseTokenType: true, scopesReordered: true },
  evidence: {
    'endpoints.authorization': `${docs}/fundamentals/authentication/oauth-2-0/user-access-token`,
    'endpoints.token': `${docs}/fundamentals/authentication/oauth-2-0/user-access-token`,
    'endpoints.revocation': `${docs}/fundamentals/authentication/oauth-2-0/user-access-token`,
    'clientAuth.confidential': `${docs}/fundamentals/authentication/oauth-2-0/authorization-code`,
    stateCharsMax: `${docs}/fundamentals/authentication/oauth-2-0/authorization-code`,
    codeLifetimeMs: `${docs}/fundamentals/authentication/oauth-2-0/authorization-code`,
    'scopes.offline': `${docs}/fundamentals/authentication/oauth-2-0/authorization-code`,
    'access.lifetimeMs': 'answers recorded by several client libraries: expires_in 7200',
    'refresh.rotation': 'observed by several client libraries; X does not document it',
    'refresh.absoluteMs': "X's own tutorial of 2022 says six months; today's documentation is silent",
    grantsPerSubject: 'https://github.com/xdevplatform/xurl/issues/22',
    tokenErrors: 'answers recorded by six independent code bases',
    callback: `${docs}/fundamentals/developer-apps`,
    'identity.mayBeBilled': `${docs}/x-api/getting-started/pricing (inferred from the price of a user read)`,
    'quirks.basicWithoutEncoding': `${docs}/fundamentals/authentication/oauth-2-0/user-access-token`,
    'quirks.lowerCaseTokenType': 'recorded answers',
    'quirks.scopesReordered': 'recorded answers',
  },
  unverified: ['refresh.absoluteMs', 'refresh.reuseKillsFamily', 'refresh.renewalKillsAccess', 'identity.mayBeBilled'],
} as const satisfies Provider;
