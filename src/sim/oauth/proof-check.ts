import { createHash, type JsonWebKey } from 'node:crypto';
import { MINUTE_MS } from '../../model/clock.ts';
import type { SimEvent } from '../events.ts';
import { FEATURES } from '../features.ts';
import { hashOf } from '../names.ts';
import { jsonReply, pathOf, type Reply, type SimRequest } from '../wire.ts';
import type { World } from '../world.ts';
import { isAboutNow, isSignedBy, readJwt, rememberedUntilMs, type Jwt } from './jwt.ts';

export type ProofCheck =
  /** No proof came, or the provider does not look at one. */
  | { readonly kind: 'none' }
  | { readonly kind: 'proved'; readonly thumbprint: string; readonly events: readonly SimEvent[] }
  | { readonly kind: 'refused'; readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce'; readonly why: string };

/** How long a nonce is the latest one; the one before it is taken too. */
const NONCE_LIFE_MS = 5 * MINUTE_MS;

/** Whether a request proves that its sender has a key (RFC 9449, section 4.3), and which. */
export function checkProof(world: World, request: SimRequest, accessToken: string | undefined): ProofCheck {
  const header = request.headers['dpop'];
  const { dpop } = world.provider;
  if (!FEATURES.dpop(world.provider) || dpop === undefined || header === undefined) return { kind: 'none' };
  const jwt = readJwt(header);
  const jwk = jwt === undefined ? undefined : (jwt.header['jwk'] as JsonWebKey | undefined);
  if (jwt === undefined || jwk === undefined || jwt.header['typ'] !== 'dpop+jwt') return refused('it is no proof');
  if (!isSignedBy(jwt, jwk, dpop.algorithms)) return refused('its signature is not by its key');
  const { htm, htu, iat, jti, ath, nonce } = jwt.claims;
  if (htm !== request.method || !isFor(request, htu)) return refused('it is for another request');
  if (accessToken !== undefined && ath !== digest(accessToken)) return refused('it is for another token');
  const wanted = world.state.settings.dpopNonces;
  if (wanted === 'never_satisfied' || (wanted === 'required' && !isOurs(world, nonce)))
    return { kind: 'refused', error: 'use_dpop_nonce', why: 'it lacks the nonce of this server' };
  if (!isAboutNow(iat, world)) return refused('it is not of now');
  const seen = hashOf(`proof ${String(jti)}`);
  if (typeof jti !== 'string' || world.state.seenJwts.has(seen)) return refused('it was used before');
  const events: SimEvent[] = [{ kind: 'jwt_seen', hash: seen, untilMs: rememberedUntilMs(world) }];
  return { kind: 'proved', thumbprint: thumbprintOf(jwk), events };
}

/** What the token endpoint answers to a proof that will not do (RFC 9449, sections 5 and 8). */
export function proofRefused(world: World, { error, why }: Extract<ProofCheck, { kind: 'refused' }>): Reply {
  return jsonReply(400, { error, error_description: `The DPoP proof is refused: ${why}.` }, nonceHeader(world, error));
}

/** The same from a resource server (RFC 9449, sections 7.1 and 9). */
export function callRefused(world: World, { error }: Extract<ProofCheck, { kind: 'refused' }>): Reply {
  return jsonReply(401, { error }, { 'www-authenticate': `DPoP error="${error}"`, ...nonceHeader(world, error) });
}

function refused(why: string): Extract<ProofCheck, { kind: 'refused' }> {
  return { kind: 'refused', error: 'invalid_dpop_proof', why };
}

function nonceHeader(world: World, error: string): Record<string, string> {
  return error === 'use_dpop_nonce' ? { 'dpop-nonce': nonceOf(world, 0) } : {};
}

/** Follows from the time: nothing has to be remembered, and a restart changes nothing. */
function nonceOf({ nowMs, provider }: World, ago: number): string {
  return hashOf(`nonce ${provider.id} ${Math.floor(nowMs / NONCE_LIFE_MS) - ago}`).slice(0, 24);
}

function isOurs(world: World, nonce: Jwt['claims'][string]): boolean {
  return nonce === nonceOf(world, 0) || nonce === nonceOf(world, 1);
}

/** The origin is the transport's business. */
function isFor(request: SimRequest, htu: unknown): boolean {
  return typeof htu === 'string' && URL.canParse(htu) && new URL(htu).pathname === pathOf(request.url);
}

/** RFC 7638: the members that make the key, in the order of their names. */
export function thumbprintOf(jwk: JsonWebKey): string {
  const names =
    { EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'], RSA: ['e', 'kty', 'n'] }[String(jwk.kty)] ?? [];
  return digest(JSON.stringify(Object.fromEntries(names.map((name) => [name, jwk[name]]))));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
