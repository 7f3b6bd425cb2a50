import { createHash } from 'node:crypto';
import type { SimEvent } from '../events.ts';
import { hashOf, newName } from '../names.ts';
import type { Network, TokenProblem } from '../networks/network.ts';
import { isAlive, type Code, type Grant, type Token } from '../state.ts';
import { formOf, jsonReply, type SimRequest } from '../wire.ts';
import { justReply, type Decision, type World } from '../world.ts';
import { checkClient } from './client-check.ts';
import { issue } from './issue.ts';

/** `POST` to the token endpoint: a code or a refresh token against a new token set (RFC 6749, sections 4.1.3 and 6). */
export function answerToken(world: World, network: Network, request: SimRequest): Decision {
  const form = formOf(request) ?? new URLSearchParams();
  const code = world.state.codes.get(hashOf(form.get('code') ?? ''));
  const refresh = presentedRefresh(world, form);
  const owner = code?.request.clientId ?? grantOf(world, refresh)?.clientId;
  const client = checkClient(world, request, form, owner);
  if (client.kind === 'refused') return refuse(world, network, client.problem, client.parameter);

  const decision = exchange(world, network, form, { clientId: client.clientId, code, refresh });
  return { events: [...client.events, ...decision.events], reply: decision.reply };
}

interface Presented {
  readonly clientId: string;
  readonly code: Code | undefined;
  readonly refresh: Token | undefined;
}

function exchange(world: World, network: Network, form: URLSearchParams, presented: Presented): Decision {
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return exchangeCode(world, network, form, presented);
    case 'refresh_token':
      return renew(world, network, form, presented);
    case null:
      return refuse(world, network, 'parameter_missing', 'grant_type');
    default:
      return refuse(world, network, 'grant_unsupported', 'grant_type');
  }
}

/** An error as this provider words it. */
export function refuse(world: World, network: Network, problem: TokenProblem, parameter = ''): Decision {
  const { status, error, description } = network.tokenError(problem, world.state.settings, parameter);
  return justReply(
    jsonReply(status, { error, ...(description === undefined ? {} : { error_description: description }) }),
  );
}

/** A refused exchange leaves the code as it is: whether a wrong verifier spends it is not known of any provider here. */
function exchangeCode(world: World, network: Network, form: URLSearchParams, { clientId, code }: Presented): Decision {
  for (const name of ['code', 'redirect_uri'] as const) {
    if (!form.has(name)) return refuse(world, network, 'parameter_missing', name);
  }
  const isLate = code !== undefined && world.nowMs >= code.issuedAtMs + world.provider.codeLifetimeMs;
  if (code === undefined || isLate || code.spentAtMs !== undefined || code.request.clientId !== clientId) {
    const refused = refuse(world, network, 'code_refused');
    return code?.spentAtMs === undefined ? refused : { ...refused, events: [{ kind: 'code_replayed' }] };
  }
  if (form.get('redirect_uri') !== code.request.redirectUri) return refuse(world, network, 'redirect_uri_differs');
  if (!isVerified(code, form.get('code_verifier'))) return refuse(world, network, 'verifier_differs');

  const grant: Grant = {
    id: newName('grant', world.random),
    clientId,
    userId: code.userId,
    scopes: code.request.scopes,
    consentedAtMs: code.issuedAtMs,
    renewals: 0,
    tokenHashes: [],
    end: undefined,
  };
  const events: SimEvent[] = [
    { kind: 'code_spent', hash: code.hash, atMs: world.nowMs },
    ...supersede(world, grant),
    { kind: 'grant_opened', grant },
  ];
  return issue(world, grant, { before: events, parent: undefined });
}

/** Where the provider keeps one grant a user and app, the new one ends the refresh tokens of those before. */
function supersede(world: World, grant: Grant): readonly SimEvent[] {
  if (world.provider.grantsPerSubject !== 'one') return [];
  return [...world.state.grants.values()]
    .filter((other) => other.end === undefined && other.clientId === grant.clientId && other.userId === grant.userId)
    .map((other) => ({
      kind: 'grant_ended',
      grantId: other.id,
      reason: 'superseded',
      access: 'lives',
      atMs: world.nowMs,
    }));
}

/** RFC 7636, section 4.6. */
function isVerified(code: Code, verifier: string | null): boolean {
  const { challenge } = code.request;
  if (challenge === undefined) return true;
  if (verifier === null) return false;
  const made = challenge.method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url');
  return made === challenge.value;
}

function presentedRefresh(world: World, form: URLSearchParams): Token | undefined {
  const token = world.state.tokens.get(hashOf(form.get('refresh_token') ?? ''));
  return token?.kind === 'refresh' ? token : undefined;
}

function grantOf(world: World, token: Token | undefined): Grant | undefined {
  return token === undefined ? undefined : world.state.grants.get(token.grantId);
}

function renew(world: World, network: Network, form: URLSearchParams, { clientId, refresh }: Presented): Decision {
  if (!form.has('refresh_token')) return refuse(world, network, 'parameter_missing', 'refresh_token');
  const grant = grantOf(world, refresh);
  if (refresh === undefined || grant === undefined || grant.clientId !== clientId)
    return refuse(world, network, 'refresh_token_refused');
  if (refresh.spentAtMs !== undefined) return reuse(world, network, refresh, grant);
  if (!isAlive(refresh, world.nowMs)) return refuse(world, network, 'refresh_token_refused');
  const isSpent = world.provider.refresh.rotation === 'single-use';
  const before: SimEvent[] = isSpent ? [{ kind: 'token_spent', hash: refresh.hash, atMs: world.nowMs }] : [];
  return issue(world, grant, { before, parent: refresh });
}

/** A spent refresh token again: good inside the provider's window, otherwise refused, and with the switch on, fatal. */
function reuse(world: World, network: Network, refresh: Token, grant: Grant): Decision {
  const seen: SimEvent = { kind: 'token_reused', hash: refresh.hash };
  const { reuseGraceMs, graceForksFamily } = world.provider.refresh;
  const isInGrace =
    refresh.spentAtMs !== undefined &&
    world.nowMs < refresh.spentAtMs + reuseGraceMs &&
    refresh.revokedAtMs === undefined;
  if (isInGrace) {
    const before = [seen, ...(graceForksFamily ? [] : revokeChildren(world, grant, refresh))];
    return issue(world, grant, { before, parent: refresh });
  }
  const refused = refuse(world, network, 'refresh_token_refused');
  if (!world.state.settings.familyKill || grant.end !== undefined) return { ...refused, events: [seen] };
  return {
    ...refused,
    events: [seen, { kind: 'grant_ended', grantId: grant.id, reason: 'reuse', access: 'ends', atMs: world.nowMs }],
  };
}

function revokeChildren(world: World, grant: Grant, parent: Token): readonly SimEvent[] {
  return grant.tokenHashes
    .filter((hash) => world.state.tokens.get(hash)?.parentId === parent.id)
    .map((hash) => ({ kind: 'token_revoked', hash, atMs: world.nowMs }));
}
