import { assertNever } from '../model/assert-never.ts';
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
