import { SECOND_MS } from '../../model/clock.ts';
import type { SimEvent } from '../events.ts';
import { idTokenOf, needsSigner, selfContainedToken } from './id-token.ts';
import { signerOf } from './signing-keys.ts';
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
  /** Of the grant's scopes, those that this renewal asked for. Absent: all. */
  readonly scopes?: readonly string[];
  /** The text of that refresh token: some providers answer it back. Nothing keeps it. */
  readonly presented?: string | undefined;
}

/** Issues a token set into a grant and answers it (RFC 6749, section 5.1). */
export function issue(world: World, network: Network, grant: Grant, reason: Reason): Decision {
  const { before, parent, presented, scopes = grant.scopes } = reason;
  const { provider, nowMs } = world;
  const { tokenPrefixes, answerMore } = network;
  const lifeSeconds = accessLifeSeconds(world, { isConsent: parent === undefined });
  const { tokensExpire, expiresInAnswered } = world.state.settings;
  const accessEndMs = tokensExpire ? nowMs + lifeSeconds * SECOND_MS : undefined;
  const facts = needsSigner(world, grant) ? { world, network, grant, signer: signerOf(world) } : undefined;
  const signed = facts === undefined ? undefined : selfContainedToken(facts, { scopes, lifeSeconds });
  const idToken = facts === undefined ? undefined : idTokenOf(facts, { isRenewal: parent !== undefined });
  const origin = { grant, parent, expiresAtMs: accessEndMs };
  const access = mint(world, 'access', { ...origin, prefix: tokenPrefixes?.access, text: signed });
  const refreshEnd = refreshEndMs(world, grant.consentedAtMs);
  const refresh =
    tokensExpire && bringsRefresh(world, grant, parent)
      ? mint(world, 'refresh', { grant, parent, expiresAtMs: refreshEnd, prefix: tokenPrefixes?.refresh })
      : undefined;
  const same = parent !== undefined && answeredRefresh(world, grant) === 'same' ? presented : undefined;

  const events: SimEvent[] = [
    ...before,
    ...(facts?.signer.events ?? []),
    ...(parent === undefined ? [] : afterRenewal(world, grant)),
    { kind: 'token_issued', token: access.token },
    ...(refresh === undefined ? [] : [{ kind: 'token_issued', token: refresh.token } as const]),
  ];
  const answered = QUIRKS.scopesReordered[sideOf(provider, 'scopesReordered')](scopes);
  const bearerType = QUIRKS.lowerCaseTokenType[sideOf(provider, 'lowerCaseTokenType')];
  const reply = jsonReply(200, {
    token_type: grant.proofThumbprint === undefined ? bearerType : 'DPoP',
    ...(tokensExpire && expiresInAnswered ? { expires_in: lifetime(world, lifeSeconds) } : {}),
    access_token: access.text,
    scope: answered.join(provider.scopes.separatorInAnswer ?? provider.scopes.separator),
    ...(idToken === undefined ? {} : { id_token: idToken }),
    ...refreshFields(
      world,
      refresh?.text ?? same,
      parent === undefined || refresh !== undefined ? refreshEnd : parent.expiresAtMs,
    ),
    ...answerMore,
  });
  return { events, reply };
}

function refreshFields(world: World, text: string | undefined, endMs: number | undefined): object {
  return text === undefined ? {} : { refresh_token: text, ...refreshLifetime(world, endMs) };
}

function refreshLifetime(world: World, endMs: number | undefined): object {
  if (endMs === undefined) return {};
  const seconds = Math.max(1, Math.floor((endMs - world.nowMs) / SECOND_MS));
  const life = lifetime(world, seconds);
  return {
    ...QUIRKS.refreshLifetimeAnswered[sideOf(world.provider, 'refreshLifetimeAnswered')](life),
    ...QUIRKS.refreshLifetimeShortName[sideOf(world.provider, 'refreshLifetimeShortName')](life),
  };
}

function lifetime({ state }: World, seconds: number): number | string {
  return state.settings.lifetimesAsText ? String(seconds) : seconds;
}

interface Origin {
  readonly grant: Grant;
  readonly parent: Token | undefined;
  readonly expiresAtMs: number | undefined;
  readonly prefix: string | undefined;
  /** Absent: an opaque one. */
  readonly text?: string | undefined;
}

/** A new token: its text goes into the answer and nowhere else, its hash is what is remembered. */
export function mint(
  world: World,
  kind: Token['kind'],
  { grant, parent, expiresAtMs, prefix = '', text: given }: Origin,
): { text: string; token: Token } {
  const text = given ?? prefix + newTokenText(world.random);
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
  const { apiOfflineAccess, refreshGrant } = world.state.settings;
  if (grant.flow === 'app') return false;
  if (world.provider.refresh.rotation === 'none' || grant.isOnline === true) return false;
  if (parent !== undefined) return answeredRefresh(world, grant) === 'new';
  if (!(apiOfflineAccess && refreshGrant)) return false;
  if (sideOf(world.provider, 'permissionsNotScopes') === 'on') return true;
  const { offline } = world.provider.scopes;
  return offline === undefined || grant.scopes.includes(offline);
}

/** What the answer to this renewal holds: where it is a new one sometimes, every other time. */
export function answeredRefresh({ provider, state }: World, grant: Grant): 'new' | 'same' | 'none' {
  const { refreshAnswered, rotates } = state.settings;
  if (!rotates && provider.refresh.rotation === 'single-use') return 'none';
  if (refreshAnswered !== 'sometimes') return refreshAnswered;
  return grant.renewals % 2 === 1 ? 'new' : 'none';
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
