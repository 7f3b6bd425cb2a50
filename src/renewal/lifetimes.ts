import { HOUR_MS, MINUTE_MS } from '../model/clock.ts';
import type { StoredCredential } from '../model/credential-store.ts';
import type { Provider } from '../providers/provider.ts';
import type { Need } from './need.ts';

const USUAL_TTL_MS = MINUTE_MS;
const USUAL_TTL_SHARE = 0.1;
const MIN_TTL_SHARE_MAX = 0.5;
/** An access token this young that the provider refuses is refused for another reason than age. */
const YOUNG_MS = MINUTE_MS;
/** When nobody says how long an access token lives, it is trusted this long and then only a refusal tells. */
const UNKNOWN_LIFETIME_MS = HOUR_MS;

/** What decides about an access token's life. */
export type AccessLife = Pick<StoredCredential, 'accessIssuedAtMs' | 'accessExpiresAtMs' | 'accessRefusedAtMs'> & {
  readonly accessFingerprint: StoredCredential['accessFingerprint'] | undefined;
};

/** Whether the stored access token can still be used at all. */
export function isLiving(credential: AccessLife, need: Need, nowMs: number): boolean {
  return hasLife(credential, need, nowMs, 0);
}

/** Whether it lives as long as the caller wants it to. */
export function isEnough(credential: AccessLife, need: Need, nowMs: number): boolean {
  return hasLife(credential, need, nowMs, requiredTtlMs(credential, need));
}

/** The moment at which a token that nobody has refused ceases to be enough for somebody who only wants to use it. */
export function enoughUntilMs(credential: AccessLife, need: Extract<Need, { readonly kind: 'use' }>): number {
  const { accessExpiresAtMs } = credential;
  return accessExpiresAtMs === undefined ? Infinity : accessExpiresAtMs - requiredTtlMs(credential, need);
}

function hasLife(credential: AccessLife, need: Need, nowMs: number, ttlMs: number): boolean {
  if (credential.accessRefusedAtMs !== undefined) return false;
  if (need.kind === 'refused' && need.accessFingerprint === credential.accessFingerprint) return false;
  return credential.accessExpiresAtMs === undefined || credential.accessExpiresAtMs - nowMs > ttlMs;
}

/** Whether renewing would not help against the refusal of this access token. */
export function isYoung({ accessIssuedAtMs }: Pick<AccessLife, 'accessIssuedAtMs'>, nowMs: number): boolean {
  return nowMs - accessIssuedAtMs < YOUNG_MS;
}

/** `min_ttl`, else a minute or a tenth of the lifetime; never more than half of it, or every call would rotate. */
function requiredTtlMs(credential: AccessLife, need: Need): number {
  const lifetimeMs = lifetimeOf(credential);
  const wanted =
    need.kind === 'use' && need.minTtlMs !== undefined
      ? need.minTtlMs
      : Math.min(USUAL_TTL_MS, lifetimeMs * USUAL_TTL_SHARE);
  return Math.min(wanted, lifetimeMs * MIN_TTL_SHARE_MAX);
}

/**
 * What a consent has just brought where there are no refresh tokens: it dies within hours, and is exchanged at once for
 * one that lives for weeks. It is the one that has an end and is not worth keeping until then.
 */
export function isShortLived(
  credential: Pick<StoredCredential, 'accessExpiresAtMs' | 'refreshIdleEndsAtMs' | 'refreshFingerprint'>,
  { renewal }: Provider,
): boolean {
  if (renewal?.shortLived === undefined || credential.refreshFingerprint === undefined) return false;
  return credential.accessExpiresAtMs !== undefined && credential.refreshIdleEndsAtMs === undefined;
}

/** From when on an access token that is itself exchanged may be; `undefined` where the provider sets no such age, or nothing is left to wait for. */
export function renewableFromMs(credential: AccessLife, { renewal }: Provider): number | undefined {
  if (renewal === undefined || credential.accessRefusedAtMs !== undefined) return undefined;
  const fromMs = credential.accessIssuedAtMs + renewal.minAgeMs;
  const isOverBefore = credential.accessExpiresAtMs !== undefined && credential.accessExpiresAtMs <= fromMs;
  return renewal.minAgeMs === 0 || isOverBefore ? undefined : fromMs;
}

export function lifetimeOf(credential: Pick<StoredCredential, 'accessIssuedAtMs' | 'accessExpiresAtMs'>): number {
  if (credential.accessExpiresAtMs === undefined) return UNKNOWN_LIFETIME_MS;
  return Math.max(0, credential.accessExpiresAtMs - credential.accessIssuedAtMs);
}

/** The refresh token's end as far as it is known: the earlier of absolute and idle. */
export function refreshEndOf(
  credential: Pick<StoredCredential, 'refreshAbsoluteEndsAtMs' | 'refreshIdleEndsAtMs'>,
): number | undefined {
  const ends = [credential.refreshAbsoluteEndsAtMs, credential.refreshIdleEndsAtMs].filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** Doubling from a second to five minutes, with a fifth of jitter, so that callers do not come back together. */
export function backOffMs(failures: number, unit: number): number {
  const baseMs = Math.min(1000 * 2 ** Math.min(failures, 10), 5 * MINUTE_MS);
  return Math.round(baseMs * (0.9 + 0.2 * unit));
}

/** For an uncertainty that outlives its replay: 1, 4, then each 16 minutes. After an outage, somebody waits for this. */
export function replayBackOffMs(replays: number): number {
  return MINUTE_MS * 4 ** Math.min(replays - 1, 2);
}
