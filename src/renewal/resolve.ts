import { DAY_MS, SECOND_MS } from '../model/clock.ts';
import type { Attempt } from '../model/credential-store.ts';
import { CONNECT_TIMEOUT_MS } from '../protocol/token-request.ts';
import { mayBePresentedAgain } from './foundations.ts';
import { isLiving, refreshEndOf, replayBackOffMs } from './lifetimes.ts';
import type { Need, SeenWithApp } from './need.ts';
import type { RenewalTiming } from './ports.ts';

/**
 * What becomes of an uncertainty: a refresh token that was, or may have been, presented, and no answer.
 *
 * It is resolved and not guessed. First the original request must be unable to act or answer. Then, in this order:
 * ask where an answer can tell; replay inside a documented reuse window; wait for the access token's
 * end, and then replay, because then nothing is left to lose. The answer to a replay is the truth. No answer again means
 * later again: an outage is not a verdict.
 */
export type Resolution =
  | { readonly kind: 'uncertain'; readonly retryAtMs: number }
  /**
   * Ask without presenting: use the old access token once, where a renewal kills it at once and a living one shows that
   * nothing was spent; or ask about the refresh token where the provider tells (RFC 7662).
   */
  | { readonly kind: 'ask'; readonly againAtMs: number }
  | { readonly kind: 'renew'; readonly purpose: 'replay'; readonly replays: number }
  | { readonly kind: 'give_up' };

/** After its process is gone, a request may still be on its way or being handled for this long. */
const GONE_QUIET_MS = 15 * SECOND_MS;
/** How much of a reuse window must be left for a replay to fit into it whole. */
const REPLAY_FITS_MS = CONNECT_TIMEOUT_MS + 30 * SECOND_MS;
/** Between two looks for what only somebody else can bring: a word from the sending node, a clear answer to a question. */
const LOOK_AGAIN_MS = 60 * SECOND_MS;

export function resolve(
  seen: SeenWithApp,
  attempt: Attempt,
  need: Need,
  now: { readonly nowMs: number; readonly timing: RenewalTiming },
): Resolution {
  const { credential, app } = seen;
  const { refresh } = app.provider;
  if (mayBePresentedAgain(credential, app)) return { kind: 'renew', purpose: 'replay', replays: attempt.replays + 1 };
  const quietAtMs = quietFrom(seen, attempt, now.timing);
  if (now.nowMs < quietAtMs) return { kind: 'uncertain', retryAtMs: quietAtMs };
  if (refresh.reuseKillsFamily && !isSpoolKnownEmpty(seen, attempt, now.timing) && need.kind !== 'now') {
    return { kind: 'uncertain', retryAtMs: now.nowMs + LOOK_AGAIN_MS };
  }
  if (fitsReuseWindow(seen, attempt, now.nowMs))
    return { kind: 'renew', purpose: 'replay', replays: attempt.replays + 1 };
  if (isLiving(credential, need, now.nowMs)) {
    // Where the access token is what was presented, it is also what knows.
    if (refresh.renewalKillsAccess || app.provider.renewal !== undefined || mayIntrospect(app))
      return { kind: 'ask', againAtMs: now.nowMs + LOOK_AGAIN_MS };
    // With no known end, only a refusal of the access token moves this on.
    return { kind: 'uncertain', retryAtMs: credential.accessExpiresAtMs ?? now.nowMs + DAY_MS };
  }
  if (!app.replay) return { kind: 'give_up' };
  return replayOrWait(seen, attempt, now.nowMs);
}

/** Nothing is left to lose: replay, at growing distances, until the refresh token's own end. */
function replayOrWait({ credential }: SeenWithApp, attempt: Attempt, nowMs: number): Resolution {
  if (attempt.replays > 0) {
    const againAtMs = (attempt.endedAtMs ?? attempt.startedAtMs) + replayBackOffMs(attempt.replays);
    if (nowMs < againAtMs) return { kind: 'uncertain', retryAtMs: againAtMs };
    const endMs = refreshEndOf(credential);
    if (endMs !== undefined && nowMs >= endMs) return { kind: 'give_up' };
  }
  return { kind: 'renew', purpose: 'replay', replays: attempt.replays + 1 };
}

/** From when on the original request can neither act nor answer. */
function quietFrom(seen: SeenWithApp, attempt: Attempt, timing: RenewalTiming): number {
  const patientMs = attempt.startedAtMs + seen.clockAheadMs + heardForMs(timing);
  if (!seen.isSenderGone) return patientMs;
  return Math.min(patientMs, (attempt.endedAtMs ?? attempt.startedAtMs + CONNECT_TIMEOUT_MS) + GONE_QUIET_MS);
}

/** For how long after its start an answer may still come to the sender of a request, and go into its spool. */
export function heardForMs({ lateAnswerMs, replayMarginMs }: RenewalTiming): number {
  return CONNECT_TIMEOUT_MS + lateAnswerMs + replayMarginMs;
}

/**
 * Where a reuse kills the family, an answer that waits in the sender's spool must come first. That nothing waited there
 * while the request was under way says nothing: its answer may have come a moment later, just before the sender died.
 */
function isSpoolKnownEmpty({ senderSpoolEmptyAtMs }: SeenWithApp, attempt: Attempt, timing: RenewalTiming): boolean {
  return (
    senderSpoolEmptyAtMs !== undefined &&
    senderSpoolEmptyAtMs > (attempt.endedAtMs ?? attempt.startedAtMs + heardForMs(timing))
  );
}

/** Inside a reuse window a spent refresh token still counts as good: there the answer would not tell. */
export function mayIntrospect({ provider, endpoints, clientSecret, clientKey }: SeenWithApp['app']): boolean {
  const isAuthenticated = clientSecret !== undefined || clientKey !== undefined;
  return endpoints.introspection !== undefined && isAuthenticated && provider.refresh.reuseGraceMs === 0;
}

function fitsReuseWindow({ app }: SeenWithApp, attempt: Attempt, nowMs: number): boolean {
  const { reuseGraceMs, graceForksFamily } = app.provider.refresh;
  if (!app.replay || reuseGraceMs === 0 || attempt.replays > 0) return false;
  if (graceForksFamily && !app.replayInLeeway) return false;
  return nowMs + REPLAY_FITS_MS <= attempt.startedAtMs + reuseGraceMs;
}
