import { DAY_MS, MINUTE_MS } from '../model/clock.ts';
import type { RenewalPolicy } from '../model/connection.ts';
import type { Provider } from '../providers/provider.ts';
import { lifetimeOf } from './lifetimes.ts';

/**
 * When a connection is looked at without anybody asking. Every rotation is a risk, so `on-use` renews ahead only as
 * often as the refresh token's idle end demands; `always` renews before each expiry, so that no reader ever waits.
 */
export interface AheadFacts {
  readonly policy: RenewalPolicy;
  readonly isRenewable: boolean;
  readonly accessIssuedAtMs: number;
  readonly accessExpiresAtMs: number | undefined;
  readonly refreshAbsoluteEndsAtMs: number | undefined;
  readonly refreshIdleEndsAtMs: number | undefined;
  readonly grantedAtMs: number;
  readonly failures: number;
  /** In [0, 1), drawn once at the consent. */
  readonly jitter: number;
}

export const WARNING_DAYS = [30, 7, 1] as const;

const LEAD_MAX_MS = 10 * MINUTE_MS;
const LATE_LEAD_MS = 45_000;

/** The next moment at which there is something to do, or nothing. */
export function nextDueAtMs(facts: AheadFacts, provider: Provider, nowMs: number): number | undefined {
  return earliest(renewAheadAtMs(facts, provider), endWithoutRefreshAtMs(facts), nextWarningAtMs(facts, nowMs));
}

export function earliest(...moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** When to renew although nobody asked. */
export function renewAheadAtMs(facts: AheadFacts, provider: Provider): number | undefined {
  if (!facts.isRenewable) return undefined;
  return earliest(beforeExpiryAtMs(facts, provider), beforeIdleEndAtMs(facts));
}

/** Where a renewal kills the old access token, as late as possible: whoever still uses the old one is cut off. */
function beforeExpiryAtMs(facts: AheadFacts, provider: Provider): number | undefined {
  if (facts.policy !== 'always' || facts.accessExpiresAtMs === undefined) return undefined;
  const lifetimeMs = lifetimeOf(facts);
  const leadMs = provider.refresh.renewalKillsAccess ? LATE_LEAD_MS : lifetimeMs * (0.1 + 0.1 * facts.jitter);
  return Math.round(facts.accessExpiresAtMs - Math.min(leadMs, LEAD_MAX_MS, lifetimeMs / 2));
}

/** With a tenth to a fifth of the idle span left. */
function beforeIdleEndAtMs(facts: AheadFacts): number | undefined {
  if (facts.refreshIdleEndsAtMs === undefined) return undefined;
  const spanMs = facts.refreshIdleEndsAtMs - facts.accessIssuedAtMs;
  return Math.round(facts.refreshIdleEndsAtMs - spanMs * (0.1 + 0.1 * facts.jitter));
}

/** Where nothing renews it, the access token's end is the grant's. */
export function endWithoutRefreshAtMs(facts: AheadFacts): number | undefined {
  return facts.isRenewable ? undefined : facts.accessExpiresAtMs;
}

/** The warning that is due by now: the nearest to the end whose day has come, so that a late one is not two. */
export function dueWarning(
  facts: AheadFacts,
  nowMs: number,
): { readonly daysBefore: number; readonly endsAtMs: number } | undefined {
  const endsAtMs = warnedEndAtMs(facts);
  if (endsAtMs === undefined) return undefined;
  const due = warningDays(facts, endsAtMs).filter((days) => nowMs >= endsAtMs - days * DAY_MS);
  const nearest = due.at(-1);
  return nearest === undefined ? undefined : { daysBefore: nearest, endsAtMs };
}

export function nextWarningAtMs(facts: AheadFacts, nowMs: number): number | undefined {
  const endsAtMs = warnedEndAtMs(facts);
  if (endsAtMs === undefined) return undefined;
  const moments = warningDays(facts, endsAtMs).map((days) => endsAtMs - days * DAY_MS);
  return moments.find((moment) => moment > nowMs);
}

/** An idle end moves with every renewal: it is worth a warning only when renewals fail. */
function warnedEndAtMs(facts: AheadFacts): number | undefined {
  return earliest(facts.refreshAbsoluteEndsAtMs, facts.failures > 0 ? facts.refreshIdleEndsAtMs : undefined);
}

/** A grant that lives three days is not announced thirty days ahead. */
function warningDays(facts: AheadFacts, endsAtMs: number): readonly number[] {
  const lifeMs = endsAtMs - facts.grantedAtMs;
  return WARNING_DAYS.filter((days) => days * DAY_MS <= lifeMs / 2);
}
