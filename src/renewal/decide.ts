import type { ReauthReason } from '../model/connection.ts';
import { renewAheadAtMs } from './ahead.ts';
import { endsWhenRefused, isRenewable, overAs } from './foundations.ts';
import { isEnough, isLiving, isShortLived, isYoung, renewableFromMs } from './lifetimes.ts';
import { wantsToken, type Need, type RefusedBecause, type Seen, type SeenWithApp } from './need.ts';
import type { RenewalTiming } from './ports.ts';
import { resolve } from './resolve.ts';

export type Verdict =
  /** The stored access token is good enough. */
  | { readonly kind: 'serve' }
  | {
      readonly kind: 'renew';
      readonly purpose: 'renewal' | 'replay';
      readonly replays: number;
      readonly seen: SeenWithApp;
      readonly need: Need;
    }
  /** Ask without presenting the refresh token: the answer may tell whether the unanswered renewal was handled. */
  | {
      readonly kind: 'ask';
      readonly seen: SeenWithApp;
      readonly otherwise: { readonly kind: 'serve' } | { readonly kind: 'uncertain'; readonly retryAtMs: number };
    }
  /** The uncertainty can no longer be resolved by anything that we may do. */
  | { readonly kind: 'give_up' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'reauth_required'; readonly reason: ReauthReason }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'refused'; readonly because: RefusedBecause }
  | { readonly kind: 'misconfigured'; readonly error: string }
  | { readonly kind: 'unavailable'; readonly error: string; readonly retryAtMs: number }
  | { readonly kind: 'uncertain'; readonly retryAtMs: number };

/**
 * Whether to serve, to renew, or neither, from one look. Pure. What is good is served; what is not is renewed if
 * nothing stands in the way; and where something does, a token with any life left is better than an error.
 */
export function decide(
  seen: Seen,
  need: Need,
  now: { readonly nowMs: number; readonly timing: RenewalTiming },
): Verdict {
  const { credential, app } = seen;
  if (credential.state === 'revoked') return { kind: 'revoked' };
  if (app === undefined) return { kind: 'misconfigured', error: foreignApp(seen) };
  const refused = refusedForGood(seen, need, now.nowMs);
  if (refused !== undefined) return { kind: 'refused', because: refused };
  if (isSatisfied({ ...seen, app }, need, now.nowMs)) return { kind: 'serve' };
  const verdict = renewOrObstacle({ ...seen, app }, need, now);
  if (verdict.kind === 'renew' || verdict.kind === 'ask' || verdict.kind === 'give_up') return verdict;
  return wantsToken(need) && isLiving(credential, need, now.nowMs) ? { kind: 'serve' } : verdict;
}

/** Why renewing cannot help whoever was refused with the token that is stored, if it cannot. */
function refusedForGood({ credential }: Seen, need: Need, nowMs: number): RefusedBecause | undefined {
  if (need.kind !== 'refused' || need.accessFingerprint !== credential.accessFingerprint) return undefined;
  if (!endsWhenRefused(credential)) return 'nothing_renews';
  return isYoung(credential, nowMs) ? 'young' : undefined;
}

function isSatisfied({ credential, app }: SeenWithApp, need: Need, nowMs: number): boolean {
  if (isShortLived(credential, app.provider)) return false;
  switch (need.kind) {
    case 'use':
    case 'refused':
      return isEnough(credential, need, nowMs);
    case 'now':
      return credential.version > need.afterVersion;
    case 'ahead': {
      if (credential.openAttempt !== undefined) return false;
      const atMs = renewAheadAtMs({ ...credential, isRenewable: isRenewable(credential) }, app.provider);
      return atMs === undefined || nowMs < atMs;
    }
  }
}

/** What stands between the need and a renewal, in the order in which it would be found out. */
function renewOrObstacle(
  seen: SeenWithApp,
  need: Need,
  now: { readonly nowMs: number; readonly timing: RenewalTiming },
): Verdict {
  const { credential } = seen;
  const { nowMs } = now;
  if (credential.state === 'reauth_required')
    return { kind: 'reauth_required', reason: credential.stateReason ?? 'rejected_unknown' };
  if (!isRenewable(credential)) return { kind: 'reauth_required', reason: overAs(credential) };
  if (seen.isLeased) return { kind: 'wait' };
  if (credential.app.heldForOperator)
    return { kind: 'misconfigured', error: credential.app.error ?? 'held until an operator has looked' };
  if (isAhead(credential.app.holdUntilMs, nowMs))
    return { kind: 'misconfigured', error: credential.app.error ?? 'the provider refuses this app' };
  if (isAhead(credential.holdUntilMs, nowMs) && need.kind !== 'now') {
    return {
      kind: 'unavailable',
      error: 'the last renewal failed for the time being',
      retryAtMs: credential.holdUntilMs,
    };
  }
  const fromMs = renewableFromMs(credential, seen.app.provider);
  if (isAhead(fromMs, nowMs) && credential.openAttempt === undefined)
    return { kind: 'unavailable', error: 'the provider renews no token as young as this one', retryAtMs: fromMs };
  if (credential.openAttempt !== undefined) {
    const resolution = resolve(seen, credential.openAttempt, need, now);
    if (resolution.kind === 'renew') return { ...resolution, seen, need };
    if (resolution.kind !== 'ask') return resolution;
    return {
      kind: 'ask',
      seen,
      otherwise: wantsToken(need) ? { kind: 'serve' } : { kind: 'uncertain', retryAtMs: resolution.againAtMs },
    };
  }
  return { kind: 'renew', purpose: 'renewal', replays: 0, seen, need };
}

function isAhead(momentMs: number | undefined, nowMs: number): momentMs is number {
  return momentMs !== undefined && nowMs < momentMs;
}

function foreignApp({ credential }: Seen): string {
  return (
    `the connection belongs to the provider app ${credential.providerAppId} (provider ${credential.provider}), ` +
    `and the configuration names another client id, another issuer, or none`
  );
}
