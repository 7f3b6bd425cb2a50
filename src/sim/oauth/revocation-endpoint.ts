import type { SimEvent } from '../events.ts';
import { hashOf } from '../names.ts';
import type { Network } from '../networks/network.ts';
import type { Token } from '../state.ts';
import { jsonReply, type SimRequest } from '../wire.ts';
import type { Decision, World } from '../world.ts';
import { checkClient } from './client-check.ts';
import { refuse } from './token-endpoint.ts';
import { parametersOf } from './token-wire.ts';

/**
 * `POST` to the revocation endpoint (RFC 7009). A refresh token takes its whole grant with it, an access token only
 * itself where the provider has it so; a token that is not known is answered like one that was.
 */
export function answerRevocation(world: World, network: Network, request: SimRequest): Decision {
  const form = parametersOf(world, request);
  const text = form.get('token');
  const token = world.state.tokens.get(hashOf(text ?? ''));
  const grant = token === undefined ? undefined : world.state.grants.get(token.grantId);
  const client = checkClient(world, request, form, { ownerOfGrant: grant?.clientId });
  if (client.kind === 'refused') return refuse(world, network, client.problem, client.parameter);
  if (text === null) return refuse(world, network, 'parameter_missing', 'token');

  const isOwn = token !== undefined && grant?.clientId === client.clientId;
  return {
    events: [...client.events, ...(isOwn ? revoke(world, token) : [])],
    reply: jsonReply(200, { revoked: true }),
  };
}

function revoke(world: World, token: Token): readonly SimEvent[] {
  const { revocation } = world.provider;
  const isGrants = token.kind === 'refresh' || (revocation.method === 'rfc7009' && revocation.accessEndsGrant === true);
  return isGrants
    ? [{ kind: 'grant_ended', grantId: token.grantId, reason: 'revoked_by_client', access: 'ends', atMs: world.nowMs }]
    : [{ kind: 'token_revoked', hash: token.hash, atMs: world.nowMs }];
}
