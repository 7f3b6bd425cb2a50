import type { Provider } from '../provider.ts';

const docs = 'https://docs.discord.com/developers/topics/oauth2';

/** Discord. Revoking any of its tokens ends the whole authorization. */
export const discordData = {
  id: 'discord',
  name: 'Discord',
  endpoints: {
    authorization: 'https://discord.com/oauth2/authorize',
    token: 'https://discord.com/api/oauth2/token',
    revocation: 'https://discord.com/api/oauth2/token/revoke',
    api: 'https://discord.com',
  },
  scopes: { separator: ' ', presets: { default: ['identify'] }, known: ['identify', 'email', 'guilds'], isOpen: true },
  clientAuth: { confidential: 'basic' },
  pkce: 'none',
  codeLifetimeMs: 600_000,
  access: { lifetimeMs: 604_800_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'single-use',
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: false,
    renewalKillsAccess: false,
  },
  registration: {
    console: 'https://discord.com/developers/applications',
    makes: 'Application',
    callbackField: 'OAuth2, Redirects',
    clientIdName: 'Client ID',
    clientSecretName: 'Client Secret',
  },
  tokenErrors: [{ error: 'invalid_grant', means: { kind: 'rejected', reason: 'rejected_unknown' } }],
  identity: { path: '/api/users/@me', subject: '/id', handle: '/username', mayBeBilled: false },
  revocation: { method: 'rfc7009', accessEndsGrant: true },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any' },
  quirks: {},
  evidence: {
    'endpoints.authorization': docs,
    'endpoints.token': docs,
    'endpoints.revocation': docs,
    'clientAuth.confidential': docs,
    pkce: `${docs}: public clients have it where it is enabled`,
    'access.lifetimeMs': `${docs}: expires_in 604800`,
    'refresh.rotation': 'https://github.com/discord/discord-api-docs/issues/5942',
    tokenErrors: 'recorded answers',
    'revocation.accessEndsGrant': `${docs}: revoking any token revokes all tokens of that authorization`,
    identity: docs,
  },
  unverified: ['codeLifetimeMs', 'refresh.reuseKillsFamily', 'refresh.renewalKillsAccess', 'registration'],
} as const satisfies Provider;
