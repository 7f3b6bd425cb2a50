import type { Provider } from '../providers/provider.ts';
import { z, type Inferred, type ZodObject } from './zod.ts';

/** What can be wrong with an ID token, on purpose. */
export const ID_TOKEN_TROUBLES = [
  'none',
  'wrong_nonce',
  'no_nonce',
  'wrong_issuer',
  'wrong_audience',
  'other_party',
  'other_user',
  'ended',
  'from_the_future',
  'unsigned',
  'hmac_with_public_key',
  'unpublished_key',
  'broken_signature',
  'not_a_token',
  'missing',
] as const;
export type IdTokenTrouble = (typeof ID_TOKEN_TROUBLES)[number];

const spanMs = z.int().min(0);

/** What the tenant, the app and the API are set to, where a provider lets its customers choose (Auth0). */
export const TENANT_SHAPE = {
  /** A renewal spends the refresh token and brings another. */
  rotates: z.boolean(),
  /** How long a spent refresh token is still accepted, if it is the previous one. */
  leewayMs: spanMs,
  /** After the leeway, of the children of a fork only those go on of which no sibling was used. When that begins is not known. */
  forkedSiblingsFail: z.boolean(),
  /** A refresh token's life from the consent; `null`: no end. */
  refreshAbsoluteMs: spanMs.nullable(),
  /** And without a renewal. */
  refreshIdleMs: spanMs.nullable(),
  /** Revoking one refresh token ends the user's whole grant to the app. */
  revocationEndsGrant: z.boolean(),
  /** The API hands out refresh tokens. */
  apiOfflineAccess: z.boolean(),
  /** The app may use refresh tokens. */
  refreshGrant: z.boolean(),
  /** What a renewal that names no scopes brings besides the granted ones (refresh tokens for several resources). */
  moreScopes: z.array(z.string()),
  /** Whether answers have `expires_in`. */
  expiresInAnswered: z.boolean(),
  /** Renewals are answered with a demand for a second factor, and with which status; that one is not confirmed. */
  mfaOnRenewal: z.boolean(),
  mfaStatus: z.union([z.literal(403), z.literal(401)]),
  /** Handles. */
  blockedUsers: z.array(z.string()),
  /** Both have been seen. */
  userBlockedStatus: z.union([z.literal(403), z.literal(401)]),
  deletedUsers: z.array(z.string()),
  /** How an app with a secret must send it. */
  clientAuthMethod: z.enum(['any', 'body', 'basic']),
  idTokens: z.enum(ID_TOKEN_TROUBLES),
};

export type TenantSettings = Inferred<ZodObject<typeof TENANT_SHAPE>>;

/** From the provider's data where they speak of it. */
export function defaultTenantSettings({ access, refresh, revocation }: Provider): TenantSettings {
  return {
    rotates: refresh.rotation === 'single-use',
    leewayMs: refresh.reuseGraceMs,
    forkedSiblingsFail: true,
    refreshAbsoluteMs: refresh.absoluteMs ?? null,
    refreshIdleMs: refresh.idleMs ?? null,
    revocationEndsGrant: revocation.method !== 'rfc7009' || revocation.ends !== 'token',
    apiOfflineAccess: true,
    refreshGrant: true,
    moreScopes: [],
    expiresInAnswered: access.isAnswered !== false,
    mfaOnRenewal: false,
    mfaStatus: 403,
    blockedUsers: [],
    userBlockedStatus: 403,
    deletedUsers: [],
    clientAuthMethod: 'any',
    idTokens: 'none',
  };
}
