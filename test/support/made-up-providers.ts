import { auth0Data } from '../../src/providers/data/auth0.ts';
import type { Provider, RefreshLifetime } from '../../src/providers/provider.ts';

/** A provider by the book (RFC 6749, 7009, 7636), with single-use refresh tokens: what differs is said by the test. */
export const plain = {
  id: 'plain',
  name: 'Plain',
  endpoints: {
    authorization: 'https://auth.plain.example/authorize',
    token: 'https://auth.plain.example/token',
    revocation: 'https://auth.plain.example/revoke',
    api: 'https://api.plain.example',
  },
  scopes: {
    separator: ' ',
    offline: 'offline_access',
    presets: { default: ['read'] },
    known: ['read', 'write', 'offline_access'],
  },
  clientAuth: { confidential: 'basic' },
  pkce: 'S256',
  stateCharsMax: 500,
  codeLifetimeMs: 60_000,
  access: { lifetimeMs: 3_600_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'single-use',
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  tokenErrors: [],
  identity: { path: '/me', subject: '/id', handle: '/login', mayBeBilled: false },
  revocation: { method: 'rfc7009' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any', registeredMax: 100 },
  quirks: {},
  evidence: {},
  unverified: [],
} as const satisfies Provider;

export function withRefresh(refresh: Partial<RefreshLifetime>): Provider {
  return { ...plain, refresh: { ...plain.refresh, ...refresh } };
}

/** As Auth0: presenting a spent refresh token kills the family. */
export const familyKilling: Provider = withRefresh({ reuseKillsFamily: true });
/** As Atlassian: for ten minutes a spent refresh token is still taken. */
export const withReuseWindow: Provider = withRefresh({ reuseGraceMs: 600_000 });
/** As Auth0's leeway: a reuse inside the window makes a second, competing child. */
export const withForkingWindow: Provider = withRefresh({ reuseGraceMs: 600_000, graceForksFamily: true });
/** As GitHub and GitLab: a renewal ends the old access token at once. */
export const accessKilling: Provider = withRefresh({ renewalKillsAccess: true });
/** As Google: the refresh token stays, and the answer has none. */
export const reusable: Provider = withRefresh({ rotation: 'reusable' });
/** As Threads, at the pace of a test: the access token is exchanged for its successor, and a consent brings one that dies soon. */
export const byAccessToken: Provider = {
  ...withRefresh({ rotation: 'none' }),
  endpoints: {
    ...plain.endpoints,
    upgrade: 'https://auth.plain.example/lasting',
    renewal: 'https://auth.plain.example/renew',
  },
  renewal: {
    by: 'access_token',
    exchange: { grantType: 'renew', tokenParameter: 'access_token', credentials: 'none' },
    minAgeMs: 300_000,
    shortLived: {
      lifetimeMs: 240_000,
      exchange: { grantType: 'make_lasting', tokenParameter: 'access_token', credentials: 'secret' },
    },
  },
};
/** As GitHub: the refresh token ends six months after the last renewal. */
export const idling: Provider = withRefresh({ idleMs: 180 * 86_400_000 });
/** As Bluesky and banks: pushed requests, `iss`, introspection, and tokens that are bound to a key. */
export const demanding: Provider = {
  ...plain,
  endpoints: {
    ...plain.endpoints,
    issuer: 'https://auth.plain.example/tenant/',
    pushedAuthorization: 'https://auth.plain.example/push',
    introspection: 'https://auth.plain.example/introspect',
    deviceCode: 'https://auth.plain.example/device',
  },
  clientAuth: { confidential: 'basic', privateKeyJwt: { algorithms: ['ES256', 'EdDSA'], audience: 'issuer' } },
  requirePushed: true,
  authorizationResponseIssuer: true,
  dpop: { algorithms: ['ES256'] },
};
/** Gives an app a token of its own, without a user. */
export const withAppTokens: Provider = { ...plain, appOnly: { params: { audience: 'https://api.plain.example' } } };
/** Auth0 with a domain: the one that its data stand for. */
export const tenant: Provider = { ...auth0Data, hosting: { ...auth0Data.hosting, required: false } };

/** The customer whom a provider's data stand for, where it has no address of its own. */
export function customerHost({ hosting, endpoints }: Provider): string | undefined {
  return hosting?.required === true ? new URL(endpoints.token).host : undefined;
}
