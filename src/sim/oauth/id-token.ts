import { assertNever } from '../../model/assert-never.ts';
import { SECOND_MS } from '../../model/clock.ts';
import { hashOf, newCodeText } from '../names.ts';
import type { Network } from '../networks/network.ts';
import type { Grant, User } from '../state.ts';
import type { World } from '../world.ts';
import { issuerOf } from './addresses.ts';
import { hmacJwt, newKey, signedJwt, unsignedJwt, type Claims, type Signer } from './signing-keys.ts';

export interface TokenFacts {
  readonly world: World;
  readonly network: Network;
  readonly grant: Grant;
  readonly signer: Signer;
}

/** Whether a grant's tokens are signed at all; making keys takes time, and most simulated providers need none. */
export function needsSigner({ provider }: World, { scopes, audience }: Grant): boolean {
  if (provider.idToken !== undefined && scopes.includes('openid')) return true;
  return provider.access.selfContained === true && audience !== undefined;
}

/** An access token that an API can read by itself; one for no API in particular stays opaque. */
export function selfContainedToken(
  { world, network, grant, signer }: TokenFacts,
  life: { readonly scopes: readonly string[]; readonly lifeSeconds: number },
): string | undefined {
  if (world.provider.access.selfContained !== true || grant.audience === undefined) return undefined;
  const issuer = issuerOf(world);
  const audiences = [grant.audience, new URL(world.provider.identity.path, issuer).href];
  const claims = {
    iss: issuer,
    sub: subjectOf(network, userIn(world, grant)),
    aud: grant.scopes.includes('openid') ? audiences : grant.audience,
    ...times(world, life.lifeSeconds),
    azp: grant.clientId,
    scope: life.scopes.join(' '),
    jti: newCodeText(world.random),
    ...organizationClaims(grant),
    // RFC 9449, section 6.1.
    ...(grant.proofThumbprint === undefined ? {} : { cnf: { jkt: grant.proofThumbprint } }),
  };
  return signedJwt(claims, signer.key);
}

/** The ID token of an answer, or a bad one where that is asked for. `undefined`: none. */
export function idTokenOf(facts: TokenFacts, { isRenewal }: { readonly isRenewal: boolean }): string | undefined {
  const { world, network, grant, signer } = facts;
  const rules = world.provider.idToken;
  // An app without a user has nobody to speak of.
  if (rules === undefined || grant.flow === 'app' || !grant.scopes.includes('openid')) return undefined;
  const user = userIn(world, grant);
  const claims: Claims = {
    iss: issuerOf(world),
    sub: subjectOf(network, user),
    aud: grant.clientId,
    ...times(world, Math.max(1, Math.floor(rules.lifetimeMs / world.fast / SECOND_MS))),
    auth_time: Math.floor(grant.consentedAtMs / SECOND_MS),
    ...(isRenewal || grant.nonce === undefined ? {} : { nonce: grant.nonce }),
    ...userClaims(user, grant.scopes),
    ...organizationClaims(grant),
  };
  return troubled(claims, { world, signer });
}

const FAR_S = 3600;

function troubled(
  claims: Claims,
  { world, signer: { key } }: Pick<TokenFacts, 'world' | 'signer'>,
): string | undefined {
  const nowS = Math.floor(world.nowMs / SECOND_MS);
  const trouble = world.state.settings.idTokens;
  switch (trouble) {
    case 'none':
      return signedJwt(claims, key);
    case 'wrong_nonce':
      return signedJwt({ ...claims, nonce: 'of-another-consent' }, key);
    case 'no_nonce':
      return signedJwt({ ...claims, nonce: undefined }, key);
    case 'wrong_issuer':
      return signedJwt({ ...claims, iss: 'https://somebody.else.example/' }, key);
    case 'wrong_audience':
      return signedJwt({ ...claims, aud: 'another-app' }, key);
    case 'other_party':
      return signedJwt({ ...claims, aud: [claims['aud'], 'another-app'], azp: 'another-app' }, key);
    case 'other_user':
      return signedJwt({ ...claims, sub: 'somebody-else' }, key);
    case 'ended':
      return signedJwt({ ...claims, iat: nowS - 2 * FAR_S, exp: nowS - FAR_S }, key);
    case 'from_the_future':
      return signedJwt({ ...claims, iat: nowS + FAR_S, exp: nowS + 2 * FAR_S }, key);
    case 'unsigned':
      return unsignedJwt(claims);
    case 'hmac_with_public_key':
      return hmacJwt(claims, key);
    case 'unpublished_key':
      return signedJwt(claims, newKey(world));
    case 'broken_signature':
      return `${signedJwt(claims, key).slice(0, -8)}AAAAAAAA`;
    case 'not_a_token':
      return 'this-is-no-token';
    case 'missing':
      return undefined;
    default:
      return assertNever(trouble);
  }
}

/** What `/userinfo` says too. */
export function userClaims({ handle, name }: User, scopes: readonly string[]): Claims {
  return {
    ...(scopes.includes('profile') ? { nickname: handle, name } : {}),
    ...(scopes.includes('email') ? { email: `${handle}@example.com`, email_verified: true } : {}),
  };
}

export function subjectOf({ subject }: Network, user: User): string {
  return subject === undefined ? user.id : subject(user);
}

export function userIn({ state }: World, { userId }: Grant): User {
  return state.users.get(userId) ?? { id: userId, handle: userId, name: userId };
}

function times({ nowMs }: World, lifeSeconds: number): { readonly iat: number; readonly exp: number } {
  const iat = Math.floor(nowMs / SECOND_MS);
  return { iat, exp: iat + lifeSeconds };
}

/** An organization that was named has an id too, which follows from the name. */
function organizationClaims({ organization }: Grant): Claims {
  if (organization === undefined) return {};
  if (organization.startsWith('org_')) return { org_id: organization };
  return { org_id: `org_${hashOf(organization).slice(0, 16)}`, org_name: organization.toLowerCase() };
}
