import { SECOND_MS } from '../../model/clock.ts';
import type { SimEvent } from '../events.ts';
import type { Network } from '../networks/network.ts';
import { hashOf, newName, newTokenText } from '../names.ts';
import { QUIRKS, sideOf } from '../quirks.ts';
import { isAlive, type Grant, type Token } from '../state.ts';
import { jsonReply } from '../wire.ts';
import { accessLifeSeconds, refreshEndMs, type Decision, type World } from '../world.ts';

export interface Reason {
  /** What happens first: the code or refresh token is spent, an older grant ends. */
  readonly before: readonly SimEvent[];
  /** The refresh token that pays for it; absent after a consent. */
  readonly parent: Token | undefined;
}

/** Issues a token set into a grant and answers it (RFC 6749, section 5.1). */
export function issue(world: World, { tokenPrefixes }: Network, grant: Grant, { before, parent }: Reason): Decision {
  const { provider, nowMs } = world;
  const lifeSeconds = accessLifeSeconds(world);
  const { tokensExpire } = world.state.settings;
  const accessEndMs = tokensExpire ? nowMs + lifeSeconds * SECOND_MS : undefined;
  const access = mint(world, 'access', { grant, parent, expiresAtMs: accessEndMs, prefix: tokenPrefixes?.access });
  const refreshEnd = refreshEndMs(world, grant.consentedAtMs);
  const refresh =
    tokensExpire && bringsRefresh(world, grant, parent)
      ? mint(world, 'refresh', { grant, parent, expiresAtMs: refreshEnd, prefix: tokenPrefixes?.refresh })
      : undefined;

  const events: SimEvent[] = [
    ...before,
    ...(parent === undefined ? [] : afterRenewal(world, grant)),
    { kind: 'token_issued', token: access.token },
    ...(refresh === undefined ? [] : [{ kind: 'token_issued', token: refresh.token } as const]),
  ];
  const scopes = QUIRKS.scopesReordered[sideOf(provider, 'scopesReordered')](grant.scopes);
  const bearerType = QUIRKS.lowerCaseTokenType[sideOf(provider, 'lowerCaseTokenType')];
  const reply = jsonReply(200, {
    token_type: grant.proofThumbprint === undefined ? bearerType : 'DPoP',
    ...(tokensExpire ? { expires_in: lifetime(world, lifeSeconds) } : {}),
    access_token: access.text,
    scope: scopes.join(provider.scopes.separatorInAnswer ?? provider.scopes.separator),
    ...(refresh === undefined ? {} : { refresh_token: refresh.text, ...refreshLifetime(world, refreshEnd) }),
  });
  return { events, reply };
}

function refreshLifetime(world: World, endMs: number | undefined): object {
  if (endMs === undefined) return {};
  const seconds = Math.max(1, Math.floor((endMs - world.nowMs) / SECOND_MS));
  return QUIRKS.refreshLifetimeAnswered[sideOf(world.provider, 'refreshLifetimeAnswered')](lifetime(world, seconds));
}

function lifetime({ state }: World, seconds: number): number | string {
  return state.settings.lifetimesAsText ? String(seconds) : seconds;
}

interface Origin {
  readonly grant: Grant;
  readonly parent: Token | undefined;
  readonly expiresAtMs: number | undefined;
  readonly prefix: string | undefined;
}

/** A new token: its text goes into the answer and nowhere else, its hash is what is remembered. */
function mint(
  world: World,
  kind: Token['kind'],
  { grant, parent, expiresAtMs, prefix = '' }: Origin,
): { text: string; token: Token } {
  const text = prefix + newTokenText(world.random);
  const token: Token = {
    id: newName(kind, world.random),
    kind,
    hash: hashOf(text),
    grantId: grant.id,
    parentId: parent?.id,
    issuedAtMs: world.nowMs,
    expiresAtMs,
    spentAtMs: undefined,
    revokedAtMs: undefined,
    reuses: 0,
  };
  return { text, token };
}

/** A renewal brings another refresh token only where it spends the old one; a consent only with the offline scope. */
function bringsRefresh(world: World, grant: Grant, parent: Token | undefined): boolean {
  const { rotation } = world.provider.refresh;
  if (grant.flow === 'app') return false;
  if (rotation === 'none' || (rotation === 'reusable' && parent !== undefined)) return false;
  if (sideOf(world.provider, 'permissionsNotScopes') === 'on') return true;
  const { offline } = world.provider.scopes;
  return offline === undefined || grant.scopes.includes(offline);
}

function afterRenewal(world: World, grant: Grant): readonly SimEvent[] {
  const renewed: SimEvent = { kind: 'grant_renewed', grantId: grant.id };
  if (!world.state.settings.killAccessOnRefresh) return [renewed];
  const living = grant.tokenHashes.filter((hash) => {
    const token = world.state.tokens.get(hash);
    return token?.kind === 'access' && isAlive(token, world.nowMs);
  });
  return [renewed, ...living.map((hash) => ({ kind: 'token_revoked', hash, atMs: world.nowMs }) as const)];
}
