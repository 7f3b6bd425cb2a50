import type { HttpAnswer } from '../model/http.ts';
import type { RenewalOutcome } from '../model/outcome.ts';
import type { Provider } from '../providers/provider.ts';
import { classify } from './classify.ts';
import { readTokenAnswer } from './token-answer.ts';

/**
 * Errors that speak of this request and not of the registration: the app may not have app-only tokens, or not with these
 * scopes, and its users' renewals are none the worse for it.
 */
const OF_THIS_REQUEST: ReadonlySet<string> = new Set([
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'unauthorized_client',
  'unsupported_grant_type',
]);

/**
 * What an answer to a client credentials request means (RFC 6749, sections 4.4.3 and 5.2). There is no user and no grant
 * that could be over: a refusal is ours to fix. Only a refusal of the client itself concerns the whole app. A refresh
 * token, which the answer should not have, is not kept: nothing would ever present it.
 */
export function classifyAppOnly(answer: HttpAnswer, provider: Provider, nowMs: number): RenewalOutcome {
  const outcome = classify(answer, provider, nowMs);
  switch (outcome.kind) {
    case 'renewed':
      return { kind: 'renewed', tokens: { ...outcome.tokens, refreshToken: undefined, refreshExpiresAtMs: undefined } };
    case 'rejected':
      return { kind: 'misconfigured', concerns: 'answer', error: outcome.error };
    case 'misconfigured':
      return isOfThisRequest(answer, provider, nowMs) ? { ...outcome, concerns: 'answer' } : outcome;
    case 'unanswered':
      // Nothing was spent by asking: it is asked again.
      return { kind: 'unavailable', error: outcome.error, retryAfterMs: undefined };
    case 'unavailable':
      return outcome;
  }
}

function isOfThisRequest(answer: HttpAnswer, provider: Provider, nowMs: number): boolean {
  if (answer.kind !== 'answered') return false;
  const read = readTokenAnswer(provider, answer, nowMs);
  return read.kind === 'error' && OF_THIS_REQUEST.has(read.error);
}
