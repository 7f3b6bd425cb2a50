import type { SimEvent } from '../events.ts';
import { hashOf } from '../names.ts';
import type { World } from '../world.ts';
import { issuerOf, placeOf } from './addresses.ts';
import { isAboutNow, isSignedBy, readJwt, rememberedUntilMs } from './jwt.ts';

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Whether a form's assertion speaks for this client (RFC 7523, section 3): made out to this server, young, not seen
 * before, and signed by the registered key. Of a client that was met and not registered nobody knows the key: its
 * signature is taken as it is. `undefined`: it does not.
 */
export function checkAssertion(world: World, form: URLSearchParams, clientId: string): readonly SimEvent[] | undefined {
  const rules = world.provider.clientAuth.privateKeyJwt;
  const jwt = readJwt(form.get('client_assertion') ?? '');
  if (rules === undefined || jwt === undefined || form.get('client_assertion_type') !== TYPE) return undefined;
  const { iss, sub, aud, exp, jti } = jwt.claims;
  if (iss !== clientId || sub !== clientId || typeof jti !== 'string' || !isAboutNow(exp, world)) return undefined;
  const here = rules.audience === 'issuer' ? issuerOf(world) : placeOf(world.provider.endpoints.token, world.origin);
  if (aud !== here && !(Array.isArray(aud) && aud.includes(here))) return undefined;
  const seen = hashOf(`assertion ${clientId} ${jti}`);
  if (world.state.seenJwts.has(seen)) return undefined;
  const publicKey = world.clients?.get(clientId)?.publicKey;
  if (world.clients !== undefined && publicKey === undefined) return undefined;
  if (publicKey !== undefined && !isSignedBy(jwt, publicKey, rules.algorithms)) return undefined;
  return [{ kind: 'jwt_seen', hash: seen, untilMs: rememberedUntilMs(world) }];
}
