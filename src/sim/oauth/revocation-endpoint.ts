import type { SimEvent } from '../events.ts';
import { hashOf } from '../names.ts';
import type { Network } from '../networks/network.ts';
import type { Grant, Token } from '../state.ts';
import { jsonReply, type SimRequest } from '../wire.ts';
import { accessAfterEnd, type Decision, type World } from '../world.ts';
import { checkClient } from './client-check.ts';
import { refuse } from './refusal.ts';
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
    reply: network.revoked ?? jsonReply(200, { revoked: true }),
  };
}

function revoke(world: World, token: Token): readonly SimEvent[] {
  const { provider, state, nowMs: atMs } = world;
  const { revocation } = provider;
  if (token.kind === 'access' && isOnlyForRefresh(revocation)) return [];
  const isGrants = token.kind === 'refresh' || (revocation.method === 'rfc7009' && revocation.accessEndsGrant === true);
  if (!isGrants || !state.settings.revocationEndsGrant) return [{ kind: 'token_revoked', hash: token.hash, atMs }];
  const access = accessAfterEnd(world);
  return alike(world, token).map(({ id }) => ({
    kind: 'grant_ended',
    grantId: id,
    reason: 'revoked_by_client',
    access,
    atMs,
  }));
}

function isOnlyForRefresh(revocation: World['provider']['revocation']): boolean {
  return revocation.method === 'rfc7009' && revocation.refreshTokensOnly === true;
}

/** What ends with a token's grant: itself; where one token alone is the usual extent, all of that user, app and API. */
function alike({ provider, state }: World, { grantId }: Token): readonly Grant[] {
  const own = state.grants.get(grantId);
  const isUsuallyAlone = provider.revocation.method === 'rfc7009' && provider.revocation.ends === 'token';
  return [...state.grants.values()].filter(
    (grant) =>
      grant.id === grantId ||
      (isUsuallyAlone &&
        grant.end === undefined &&
        grant.userId === own?.userId &&
        grant.clientId === own.clientId &&
        grant.audience === own.audience),
  );
}
