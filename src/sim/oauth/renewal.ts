import type { SimEvent } from '../events.ts';
import { hashOf, userIdOf } from '../names.ts';
import type { Network, TokenProblem } from '../networks/network.ts';
import { isAlive, type Grant, type Token } from '../state.ts';
import { accessAfterEnd, refreshEndMs, type Decision, type World } from '../world.ts';
import { isPlayed } from '../quirks.ts';
import { answeredRefresh, issue } from './issue.ts';
import { refuse } from './refusal.ts';

interface PresentedRefresh {
  readonly clientId: string;
  readonly refresh: Token | undefined;
  /** Thumbprint of the key that the request proves to have. */
  readonly proof: string | undefined;
}

/** A refresh token against a new token set (RFC 6749, section 6). */
export function renew(
  world: World,
  network: Network,
  form: URLSearchParams,
  { clientId, refresh, proof }: PresentedRefresh,
): Decision {
  if (!form.has('refresh_token')) return refuse(world, network, 'parameter_missing', 'refresh_token');
  if (!world.state.settings.refreshGrant) return refuse(world, network, 'grant_not_allowed', 'refresh_token');
  const grant = grantOf(world, refresh);
  if (refresh === undefined || grant === undefined || grant.clientId !== clientId)
    return refuse(world, network, 'refresh_token_refused');
  // Looked at before the token is used: whoever lacks the key spends nothing.
  if (grant.proofThumbprint !== undefined && grant.proofThumbprint !== proof)
    return refuse(world, network, 'refresh_token_refused');
  const problem = userProblem(world, grant);
  if (problem !== undefined) return refuse(world, network, problem);
  const scopes = scopesFor(world, grant, form.get('scope'));
  if (refresh.spentAtMs !== undefined) return reuse(world, network, refresh, { grant, scopes });
  if (!isAlive(refresh, world.nowMs) || isOutlivedBranch(world, grant, refresh))
    return refuse(world, network, 'refresh_token_refused');
  if (isPlayed(world.provider, 'callbackAtRenewal') && namesAnother(form.get('redirect_uri'), grant.redirectUri))
    return refuse(world, network, 'redirect_uri_differs');
  return issue(world, network, grant, {
    before: [use(world, grant, refresh)],
    parent: refresh,
    presented: form.get('refresh_token') ?? undefined,
    scopes,
  });
}

/** GitLab documents that the callback is sent and compared; its library asks for none. A device's grant has none to name. */
function namesAnother(named: string | null, redirectUri: string | undefined): boolean {
  return named !== null && redirectUri !== undefined && named !== redirectUri;
}

function userProblem({ state }: World, { userId }: Grant): TokenProblem | undefined {
  const { blockedUsers, deletedUsers, mfaOnRenewal } = state.settings;
  if (deletedUsers.some((handle) => userIdOf(handle) === userId)) return 'user_deleted';
  if (blockedUsers.some((handle) => userIdOf(handle) === userId)) return 'user_blocked';
  return mfaOnRenewal ? 'second_factor_wanted' : undefined;
}

/** Fewer may be asked for, and more are not given; who names none gets all that he may have, which can be more than he has. */
function scopesFor({ provider, state }: World, { scopes }: Grant, asked: string | null): readonly string[] {
  const wanted = (asked ?? '').split(provider.scopes.separator).filter((scope) => scope !== '');
  const { moreScopes } = state.settings;
  if (wanted.length === 0) return moreScopes.length === 0 ? scopes : [...new Set([...scopes, ...moreScopes])];
  return wanted.filter((scope) => scopes.includes(scope) || moreScopes.includes(scope));
}

/** Where it may be presented again, its idle life begins anew; so where a new one comes only sometimes, until it does. */
function use(world: World, grant: Grant, { hash }: Token): SimEvent {
  const isSpent = world.state.settings.rotates && answeredRefresh(world, grant) === 'new';
  if (isSpent) return { kind: 'token_spent', hash, atMs: world.nowMs };
  return { kind: 'token_kept', hash, expiresAtMs: refreshEndMs(world, grant.consentedAtMs) };
}

/**
 * A spent refresh token again: good inside the leeway, if it is the previous one and not an older one; otherwise refused,
 * and with the switch on, fatal.
 */
function reuse(
  world: World,
  network: Network,
  refresh: Token,
  { grant, scopes }: { readonly grant: Grant; readonly scopes: readonly string[] },
): Decision {
  const { nowMs, provider, state } = world;
  const { leewayMs, familyKill } = state.settings;
  const seen: SimEvent = { kind: 'token_reused', hash: refresh.hash };
  const children = childrenOf(world, grant, refresh.id);
  const isPrevious = children.every(({ spentAtMs }) => spentAtMs === undefined);
  const isInLeeway = nowMs < (refresh.spentAtMs ?? 0) + leewayMs && refresh.revokedAtMs === undefined && isPrevious;
  if (isInLeeway) {
    const before = [seen, ...(provider.refresh.graceForksFamily ? [] : revoked(world, grant, refresh))];
    return issue(world, network, grant, { before, parent: refresh, scopes });
  }
  const refused = refuse(world, network, 'refresh_token_refused');
  if (!familyKill || grant.end !== undefined) return { ...refused, events: [seen] };
  const end = { kind: 'grant_ended', grantId: grant.id, reason: 'reuse', access: accessAfterEnd(world), atMs: nowMs };
  return { ...refused, events: [seen, end as SimEvent] };
}

/** After the leeway, a fork has one branch: the one that was used first. */
function isOutlivedBranch(world: World, grant: Grant, refresh: Token): boolean {
  const { leewayMs, forkedSiblingsFail } = world.state.settings;
  if (!forkedSiblingsFail || refresh.parentId === undefined) return false;
  const parent = tokensOf(world, grant).find(({ id }) => id === refresh.parentId);
  const isOver = world.nowMs >= (parent?.spentAtMs ?? Number.POSITIVE_INFINITY) + leewayMs;
  return isOver && childrenOf(world, grant, refresh.parentId).some(({ spentAtMs }) => spentAtMs !== undefined);
}

function tokensOf({ state }: World, { tokenHashes }: Grant): readonly Token[] {
  return tokenHashes.flatMap((hash) => state.tokens.get(hash) ?? []);
}

function childrenOf(world: World, grant: Grant, parentId: string): readonly Token[] {
  return tokensOf(world, grant).filter((token) => token.kind === 'refresh' && token.parentId === parentId);
}

function revoked(world: World, grant: Grant, parent: Token): readonly SimEvent[] {
  return tokensOf(world, grant)
    .filter(({ parentId }) => parentId === parent.id)
    .map(({ hash }) => ({ kind: 'token_revoked', hash, atMs: world.nowMs }));
}

export function presentedRefresh(world: World, form: URLSearchParams): Token | undefined {
  const token = world.state.tokens.get(hashOf(form.get('refresh_token') ?? ''));
  return token?.kind === 'refresh' ? token : undefined;
}

export function grantOf(world: World, token: Token | undefined): Grant | undefined {
  return token === undefined ? undefined : world.state.grants.get(token.grantId);
}
