import { assertNever } from '../model/assert-never.ts';
import { DAY_MS, HOUR_MS } from '../model/clock.ts';
import type { StoredCredential } from '../model/credential-store.ts';

/** What decides how long a connection can publish without its user. */
export type Grant = Pick<
  StoredCredential,
  'state' | 'accessExpiresAtMs' | 'refreshFingerprint' | 'refreshAbsoluteEndsAtMs' | 'refreshIdleEndsAtMs' | 'failures'
>;

/** Whether a connection will live until its next post. */
export type Outlook =
  | { readonly kind: 'good' }
  | { readonly kind: 'reauth_required' }
  | { readonly kind: 'revoked' }
  /** As far as the end is known: the provider may go on, or stop earlier. */
  | { readonly kind: 'ends_before'; readonly endsAtMs: number };

export function outlookOf(grant: Grant, postAtMs: number): Outlook {
  switch (grant.state) {
    case 'reauth_required':
      return { kind: 'reauth_required' };
    case 'revoked':
      return { kind: 'revoked' };
    case 'active':
    case 'uncertain': {
      const endsAtMs = endOf(grant);
      return endsAtMs !== undefined && endsAtMs <= postAtMs ? { kind: 'ends_before', endsAtMs } : { kind: 'good' };
    }
    default:
      return assertNever(grant.state);
  }
}

/** An idle end moves with every renewal, and the worker renews before it: it counts only while renewals fail. */
function endOf(grant: Grant): number | undefined {
  if (grant.refreshFingerprint === undefined) return grant.accessExpiresAtMs;
  const ends = [grant.refreshAbsoluteEndsAtMs, grant.failures > 0 ? grant.refreshIdleEndsAtMs : undefined];
  const known = ends.filter((end) => end !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** So long before a post there is still an evening in which somebody can consent again. */
const PROOF_AHEAD_MS = 12 * HOUR_MS;
/** A grant that was renewed within this is believed to be alive. */
const PROVEN_FOR_MS = 3 * DAY_MS;

/**
 * Whether a renewal just to see if the grant is alive is worth its risk: once before a post, if nobody has heard of the
 * grant for days. Whoever posts daily has his proof from the day before.
 */
export function needsProof(
  grant: Grant & Pick<StoredCredential, 'accessIssuedAtMs'>,
  postAtMs: number,
  nowMs: number,
): boolean {
  const livesUntilThen = grant.accessExpiresAtMs === undefined || grant.accessExpiresAtMs > postAtMs;
  return (
    grant.state === 'active' &&
    grant.refreshFingerprint !== undefined &&
    !livesUntilThen &&
    nowMs >= postAtMs - PROOF_AHEAD_MS &&
    nowMs - grant.accessIssuedAtMs > PROVEN_FOR_MS
  );
}

/** Whether it is time to announce that a grant will end before the next post. */
export function warningBeforePost(grant: Grant, postAtMs: number, nowMs: number): { endsAtMs: number } | undefined {
  const outlook = outlookOf(grant, postAtMs);
  return outlook.kind === 'ends_before' && outlook.endsAtMs - nowMs <= WARNED_AHEAD_MS ? outlook : undefined;
}

/** A post that is months away is no reason to announce an end that is months away. */
const WARNED_AHEAD_MS = 7 * DAY_MS;
