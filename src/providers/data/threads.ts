import type { Provider } from '../provider.ts';

const docs = 'https://developers.facebook.com/docs/threads/get-started/long-lived-tokens';

/** Threads. It has an app id and secret of its own; the access token itself is renewed, once it is a day old. */
export const threadsData = {
  id: 'threads',
  name: 'Threads',
  endpoints: {
    authorization: 'https://threads.net/oauth/authorize',
    token: 'https://graph.threads.net/oauth/access_token',
    upgrade: 'https://graph.threads.net/access_token',
    renewal: 'https://graph.threads.net/refresh_access_token',
    api: 'https://graph.threads.net',
  },
  scopes: {
    separator: ',',
    presets: { default: ['threads_basic'] },
    known: ['threads_basic', 'threads_content_publish'],
    isOpen: true,
  },
  clientAuth: { confidential: 'body' },
  pkce: 'none',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 60 * 86_400_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'none',
    idleMs: 60 * 86_400_000,
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  renewal: {
    by: 'access_token',
    exchange: { grantType: 'th_refresh_token', tokenParameter: 'access_token', credentials: 'none' },
    minAgeMs: 86_400_000,
    shortLived: {
      lifetimeMs: 3_600_000,
      exchange: { grantType: 'th_exchange_token', tokenParameter: 'access_token', credentials: 'secret' },
    },
  },
  registration: {
    console: 'https://developers.facebook.com/apps',
    makes: 'App with the use case Access the Threads API',
    callbackField: 'Redirect Callback URLs',
    clientIdName: 'Threads app ID',
    clientSecretName: 'Threads app secret',
    httpsOnly: true,
  },
  tokenErrors: [
    { error: '190', code: '463', means: { kind: 'rejected', reason: 'expired' } },
    { error: '190', code: '460', means: { kind: 'rejected', reason: 'revoked_by_provider' } },
    { error: '190', code: '467', means: { kind: 'rejected', reason: 'revoked_by_provider' } },
    { error: '190', code: '458', means: { kind: 'rejected', reason: 'revoked_by_provider' } },
    { error: '190', means: { kind: 'rejected', reason: 'rejected_unknown' } },
  ],
  identity: { path: '/v1.0/me?fields=id,username', subject: '/id', handle: '/username', mayBeBilled: false },
  revocation: { method: 'none' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: { errorsInObject: true, codeEndsInFragment: true },
  evidence: {
    renewal: docs,
    'renewal.minAgeMs': `${docs}: at least 24 hours old, and not expired`,
    'access.lifetimeMs': `${docs}: 60 days; unrefreshed for 60 days it is dead`,
    'scopes.separator': 'the provider list of Nango, read in August 2026',
    identity: 'programs that call graph.threads.net/v1.0/me',
    tokenErrors: 'recorded answers: code 190 with subcode 463; the other subcodes are not confirmed',
    'quirks.errorsInObject': 'recorded answers',
    'quirks.codeEndsInFragment': 'recorded answers',
  },
  unverified: ['pkce', 'codeLifetimeMs', 'tokenErrors', 'revocation', 'refresh.renewalKillsAccess', 'registration'],
} as const satisfies Provider;
