import { hashOf } from './names.ts';
import { isAlive, type Grant, type Token, type User } from './state.ts';
import type { SimRequest } from './wire.ts';
import type { World } from './world.ts';

export interface Access {
  readonly token: Token;
  readonly grant: Grant;
  readonly user: User;
}

/**
 * Whose living access token a request carries (RFC 6750, section 2.1); `undefined` for none, for a dead one, and for one
 * that is bound to another key than was proved.
 */
export function liveAccess(world: World, request: SimRequest): Access | undefined {
  const text = bearerText(request);
  const token = text === undefined ? undefined : world.state.tokens.get(hashOf(text));
  if (token === undefined || token.kind !== 'access' || !isAlive(token, world.nowMs)) return undefined;
  const grant = world.state.grants.get(token.grantId);
  const user = grant === undefined ? undefined : world.state.users.get(grant.userId);
  if (grant?.proofThumbprint !== request.provedBy) return undefined;
  return grant === undefined || user === undefined ? undefined : { token, grant, user };
}

export function bearerText(request: SimRequest): string | undefined {
  return /^bearer +(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
}
