import { SECOND_MS } from '../../model/clock.ts';
import { hashOf } from '../names.ts';
import type { Network } from '../networks/network.ts';
import { isAlive } from '../state.ts';
import { formOf, jsonReply, type SimRequest } from '../wire.ts';
import type { Decision, World } from '../world.ts';
import { checkClient } from './client-check.ts';
import { refuse } from './refusal.ts';

/** `POST` to the introspection endpoint (RFC 7662): what one of the client's own tokens is good for. */
export function answerIntrospection(world: World, network: Network, request: SimRequest): Decision {
  const form = formOf(request) ?? new URLSearchParams();
  const client = checkClient(world, request, form, { ownerOfGrant: undefined });
  if (client.kind === 'refused') return refuse(world, network, client.problem, client.parameter);
  const text = form.get('token');
  if (text === null) return refuse(world, network, 'parameter_missing', 'token');
  const token = world.state.tokens.get(hashOf(text));
  const grant = token === undefined ? undefined : world.state.grants.get(token.grantId);
  const isOwn = grant?.clientId === client.clientId;
  if (token === undefined || grant === undefined || !isOwn || !isAlive(token, world.nowMs))
    return { events: client.events, reply: jsonReply(200, { active: false }) };
  return {
    events: client.events,
    reply: jsonReply(200, {
      active: true,
      client_id: grant.clientId,
      sub: grant.userId,
      scope: grant.scopes.join(world.provider.scopes.separator),
      ...(token.expiresAtMs === undefined ? {} : { exp: Math.floor(token.expiresAtMs / SECOND_MS) }),
      ...(grant.proofThumbprint === undefined ? {} : { cnf: { jkt: grant.proofThumbprint } }),
    }),
  };
}
