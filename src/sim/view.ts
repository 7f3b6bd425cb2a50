import type { Fault } from './faults.ts';
import type { Settings } from './settings.ts';
import type { Counts, GrantEnd, MetClient, User } from './state.ts';
import { accessLifeSeconds, refreshEndMs, type World } from './world.ts';

/**
 * What `GET /_sim/state` and {@link Simulation.state} show: everything but texts of tokens, codes and secrets. Instants
 * are in milliseconds since the epoch, by the simulator's clock; `null` means never, or not yet.
 */
export interface StateView {
  readonly provider: string;
  readonly nowMs: number;
  readonly fast: number;
  readonly accessLifeMs: number;
  readonly refreshLifeMs: number | null;
  readonly settings: Settings;
  /** Ordered, and still waiting for their requests. */
  readonly faults: readonly Fault[];
  readonly counts: Counts & { /** Refresh tokens exchanged successfully. */ readonly renewals: number };
  readonly money: { readonly spentMicroDollars: number; readonly balanceMicroDollars: number | null };
  readonly clients: readonly Pick<MetClient, 'id' | 'kind'>[];
  readonly users: readonly User[];
  readonly grants: readonly GrantView[];
  readonly tokens: readonly TokenView[];
  readonly posts: readonly PostView[];
  /** The ids of the keys that are published; tokens are signed with the last one. */
  readonly keys: readonly string[];
}

/** One consent of a user, and how it ended. */
export interface GrantView {
  readonly id: string;
  readonly clientId: string;
  readonly user: string | null;
  readonly scopes: readonly string[];
  readonly consentedAtMs: number;
  readonly renewals: number;
  readonly end: { readonly reason: GrantEnd; readonly atMs: number } | null;
}

/** One token: when it was issued, spent, revoked; never its text. */
export interface TokenView {
  /** Says nothing about the token's text. */
  readonly id: string;
  readonly kind: 'access' | 'refresh';
  /** The first 16 characters of the base64url SHA-256 of its text, for a test that holds the token and looks for its entry. */
  readonly fingerprint: string;
  readonly grant: string;
  /** The refresh token that was exchanged for this one. */
  readonly parent: string | null;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number | null;
  readonly spentAtMs: number | null;
  readonly revokedAtMs: number | null;
  /** How often it was presented after it had been spent. */
  readonly reuses: number;
}

/** One post, with its price. */
export interface PostView {
  readonly id: string;
  readonly user: string | null;
  readonly text: string;
  readonly mediaIds: readonly string[];
  readonly inReplyTo: string | null;
  readonly createdAtMs: number;
  readonly deletedAtMs: number | null;
  readonly microDollars: number;
}

const FINGERPRINT_CHARS = 16;

export function stateView(world: World): StateView {
  const { state, nowMs } = world;
  const end = refreshEndMs(world, nowMs);
  const handleOf = (userId: string): string | null => state.users.get(userId)?.handle ?? null;
  return {
    provider: world.provider.id,
    nowMs,
    fast: world.fast,
    accessLifeMs: accessLifeSeconds(world) * 1000,
    refreshLifeMs: end === undefined ? null : end - nowMs,
    settings: state.settings,
    faults: state.faults,
    counts: { ...state.counts, renewals: [...state.grants.values()].reduce((sum, grant) => sum + grant.renewals, 0) },
    money: { spentMicroDollars: state.money.spentMicroDollars, balanceMicroDollars: state.money.balanceMicroDollars },
    clients: [...state.clients.values()].map(({ id, kind }) => ({ id, kind })),
    users: [...state.users.values()],
    grants: [...state.grants.values()].map(({ userId, tokenHashes: _, ...grant }) => ({
      ...grant,
      user: handleOf(userId),
      end: grant.end ?? null,
    })),
    tokens: [...state.tokens.values()].map(({ hash, grantId, parentId, ...token }) => ({
      ...token,
      fingerprint: hash.slice(0, FINGERPRINT_CHARS),
      grant: grantId,
      parent: parentId ?? null,
      expiresAtMs: token.expiresAtMs ?? null,
      spentAtMs: token.spentAtMs ?? null,
      revokedAtMs: token.revokedAtMs ?? null,
    })),
    keys: state.signingKeys.map(({ kid }) => kid),
    posts: [...state.posts.values()].map(({ userId, clientId: _, ...post }) => ({
      ...post,
      user: handleOf(userId),
      inReplyTo: post.inReplyTo ?? null,
      deletedAtMs: post.deletedAtMs ?? null,
    })),
  };
}
