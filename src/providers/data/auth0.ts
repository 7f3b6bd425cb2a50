import type { Provider } from '../provider.ts';

const docs = 'https://auth0.com/docs';
const refresh = `${docs}/secure/tokens/refresh-tokens`;
const authentication = `${docs}/api/authentication`;

/**
 * Auth0: any tenant, or a custom domain. What becomes of a refresh token is a setting of the app there; the values here are
 * those that a new app with rotation has, and the configuration may say others.
 */
export const auth0Data = {
  id: 'auth0',
  name: 'Auth0',
  endpoints: {
    issuer: 'https://tenant.eu.auth0.com/',
    authorization: 'https://tenant.eu.auth0.com/authorize',
    token: 'https://tenant.eu.auth0.com/oauth/token',
    revocation: 'https://tenant.eu.auth0.com/oauth/revoke',
    deviceCode: 'https://tenant.eu.auth0.com/oauth/device/code',
    devicePage: 'https://tenant.eu.auth0.com/device',
    jwks: 'https://tenant.eu.auth0.com/.well-known/jwks.json',
    discovery: 'https://tenant.eu.auth0.com/.well-known/openid-configuration',
    api: 'https://tenant.eu.auth0.com',
  },
  hosting: {
    required: true,
    setting: 'domain',
    hosts: [{ suffix: '', api: 'https://{host}' }],
    apiBelowBaseUrl: '',
  },
  scopes: {
    separator: ' ',
    offline: 'offline_access',
    always: ['openid'],
    isOpen: true,
    presets: { default: ['openid', 'profile', 'email'] },
    known: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
  },
  clientAuth: { confidential: 'body' },
  pkce: 'S256',
  // Documented as short-lived, without a number.
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 86_400_000, whenMissing: 'unknown', selfContained: true },
  refresh: {
    rotation: 'single-use',
    absoluteMs: 2_592_000_000,
    idleMs: 2_592_000_000,
    reuseGraceMs: 0,
    graceForksFamily: true,
    reuseKillsFamily: true,
    renewalKillsAccess: false,
    configurable: true,
    omittedScopeWidens: true,
    needs: ['offline_scope', 'api_offline_access', 'refresh_token_grant'],
  },
  registration: {
    console: 'https://manage.auth0.com',
    makes:
      'Applications, Create Application: Regular Web Application, or Native for the device flow or without a secret',
    callbackField: 'Allowed Callback URLs',
    clientIdName: 'Client ID',
    clientSecretName: 'Client Secret',
  },
  tokenErrors: [
    { error: 'mfa_required', means: { kind: 'rejected', reason: 'interaction_required' } },
    {
      error: 'invalid_grant',
      description: 'Unknown or invalid refresh token.',
      means: { kind: 'rejected', reason: 'rejected_unknown' },
    },
    {
      error: 'invalid_grant',
      description: "The refresh_token was generated for a user who doesn't exist anymore.",
      means: { kind: 'rejected', reason: 'revoked_by_provider' },
    },
    { error: 'invalid_grant', descriptionPart: 'user is blocked', means: { kind: 'rejected', reason: 'user_blocked' } },
    { error: 'unauthorized', descriptionPart: 'user is blocked', means: { kind: 'rejected', reason: 'user_blocked' } },
    { error: 'access_denied', descriptionPart: 'user is blocked', means: { kind: 'rejected', reason: 'user_blocked' } },
    { error: 'invalid_grant', description: 'Invalid authorization code', means: { kind: 'code_refused' } },
    { error: 'invalid_grant', description: 'Failed to verify code verifier', means: { kind: 'code_refused' } },
    // A wrong client secret. After the users who are blocked, who may come with the same status.
    { status: 401, error: 'access_denied', means: { kind: 'misconfigured' } },
    { error: 'too_many_requests', means: { kind: 'unavailable' } },
  ],
  identity: { path: '/userinfo', subject: '/sub', handle: '/nickname', mayBeBilled: false },
  idToken: {
    algorithms: ['RS256', 'PS256'],
    lifetimeMs: 36_000_000,
    organization: { idPrefix: 'org_', id: 'org_id', name: 'org_name' },
  },
  appParameters: { audience: 'audience', organization: 'organization' },
  revocation: { method: 'rfc7009', refreshTokensOnly: true, ends: 'token' },
  grantsPerSubject: 'many',
  grantsPerSubjectMax: 200,
  callback: { loopbackHost: 'any', registeredMax: 100 },
  quirks: {},
  evidence: {
    'endpoints.token': authentication,
    'endpoints.deviceCode': `${docs}/get-started/authentication-and-authorization-flow/device-authorization-flow/call-your-api-using-the-device-authorization-flow`,
    'endpoints.issuer': `${docs}/secure/tokens/id-tokens/validate-id-tokens`,
    'endpoints.jwks': authentication,
    'scopes.offline': `${refresh}/get-refresh-tokens`,
    'clientAuth.confidential': `${authentication}#authentication-methods`,
    'access.lifetimeMs': `${docs}/secure/tokens/access-tokens/update-access-token-lifetime`,
    'access.selfContained': `${refresh}/revoke-refresh-tokens`,
    'refresh.rotation': `${refresh}/refresh-token-rotation`,
    'refresh.absoluteMs': `${refresh}/configure-refresh-token-expiration`,
    'refresh.idleMs': `${refresh}/configure-refresh-token-expiration`,
    'refresh.reuseGraceMs': `${refresh}/configure-refresh-token-rotation`,
    'refresh.graceForksFamily': 'https://github.com/auth0/auth0-spa-js/issues/1684',
    'refresh.reuseKillsFamily': `${refresh}/refresh-token-rotation`,
    'refresh.renewalKillsAccess': `${refresh}/revoke-refresh-tokens`,
    'refresh.omittedScopeWidens': `${refresh}/multi-resource-refresh-token`,
    'refresh.needs': `${docs}/get-started/authentication-and-authorization-flow/authorization-code-flow/get-token`,
    tokenErrors: `${authentication}; https://github.com/auth0/Auth0.Android (AuthenticationException.kt); recorded answers for a wrong secret`,
    identity: `${authentication}#get-user-info`,
    'idToken.lifetimeMs': `${docs}/secure/tokens/id-tokens/update-id-token-lifetime`,
    'idToken.organization': `${docs}/manage-users/organizations/using-tokens`,
    appParameters: `${authentication}#authorize-application`,
    revocation: `${refresh}/revoke-refresh-tokens`,
    grantsPerSubjectMax: refresh,
  },
  unverified: ['codeLifetimeMs', 'callback.registeredMax', 'registration'],
} as const satisfies Provider;
