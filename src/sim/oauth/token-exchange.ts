import type { TokenExchange } from '../../providers/provider.ts';
import type { SimEvent } from '../events.ts';
import { hashOf } from '../names.ts';
import type { Network } from '../networks/network.ts';
import { isAlive, type Token } from '../state.ts';
import { queryOf, type SimRequest } from '../wire.ts';
import type { Decision, World } from '../world.ts';
import { checkClient, clientIdNameAt } from './client-check.ts';
import { issue } from './issue.ts';
import { refuse } from './refusal.ts';

/**
 * `GET` with a living access token in the query, against its successor: where there are no refresh tokens. Which of the two
 * exchanges it is, its `grant_type` says; both may live at one address.
 */
export function answerTokenExchange(world: World, network: Network, request: SimRequest): Decision {
  const query = queryOf(request.url);
  const { renewal } = world.provider;
  const grantType = query.get('grant_type');
  const known = [renewal?.exchange, renewal?.shortLived?.exchange].find((one) => one?.grantType === grantType);
  if (renewal === undefined || known === undefined) return refuse(world, network, 'grant_unsupported', 'grant_type');
  const met = credentialsOf(world, request, { exchange: known, query });
  if (met.kind === 'refused') return refuse(world, network, 'client_not_authenticated', 'client_secret');

  const token = world.state.tokens.get(hashOf(query.get(known.tokenParameter) ?? ''));
  const grant = token === undefined ? undefined : world.state.grants.get(token.grantId);
  if (token?.kind !== 'access' || grant === undefined || !isAlive(token, world.nowMs))
    return refuse(world, network, 'refresh_token_refused', known.tokenParameter);
  if (met.clientId !== undefined && met.clientId !== grant.clientId)
    return refuse(world, network, 'client_not_authenticated', 'client_id');
  // A young token may be made lasting, and a lasting one may not be renewed while it is young.
  const isRenewal = known === renewal.exchange;
  if (isRenewal && isTooYoung(world, token)) return refuse(world, network, 'token_too_young');
  return issue(world, network, grant, { before: met.events, parent: token });
}

function isTooYoung({ provider, state, nowMs, fast }: World, { issuedAtMs }: Token): boolean {
  return state.settings.minAge && nowMs < issuedAtMs + (provider.renewal?.minAgeMs ?? 0) / fast;
}

type Credentials =
  | { readonly kind: 'met'; readonly clientId: string | undefined; readonly events: readonly SimEvent[] }
  | { readonly kind: 'refused' };

/** The app's part of the query. Where only the secret is sent, whose it is follows from the token. */
function credentialsOf(
  world: World,
  request: SimRequest,
  { exchange, query }: { readonly exchange: TokenExchange; readonly query: URLSearchParams },
): Credentials {
  if (exchange.credentials === 'none') return { kind: 'met', clientId: undefined, events: [] };
  const form = new URLSearchParams(query);
  const token = world.state.tokens.get(hashOf(query.get(exchange.tokenParameter) ?? ''));
  const owner = token === undefined ? undefined : world.state.grants.get(token.grantId)?.clientId;
  const idName = clientIdNameAt(world);
  if (exchange.credentials === 'secret' && owner !== undefined) form.set(idName, owner);
  const isWithSecret = (form.get('client_secret') ?? '') !== '';
  const client = checkClient(world, request, form, { ownerOfGrant: owner });
  if (!isWithSecret || client.kind === 'refused') return { kind: 'refused' };
  return { kind: 'met', clientId: client.clientId, events: client.events };
}
