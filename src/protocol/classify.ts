import { assertNever } from '../model/assert-never.ts';
import { DAY_MS } from '../model/clock.ts';
import type { HttpAnswer } from '../model/http.ts';
import type { RenewalOutcome } from '../model/outcome.ts';
import type { TokenSet } from '../model/token-set.ts';
import type { Provider, TokenErrorRow } from '../providers/provider.ts';
import { isCarriable, NOT_CARRIABLE } from './carriable.ts';
import { errorWords } from './error-words.ts';
import { readTokenAnswer, type TokenAnswer } from './token-answer.ts';

/** What a fresh consent's exchange ends in: a code may be refused, which no renewal can be. */
export type ExchangeOutcome =
  | RenewalOutcome
  | { readonly kind: 'code_refused'; readonly error: string }
  /** Tokens came, and no request could carry the access token. */
  | { readonly kind: 'unusable'; readonly error: string; readonly tokens: TokenSet };

/** RFC 6749, section 5.2, for what the provider's own table does not know. */
const STANDARD_ERRORS: readonly TokenErrorRow[] = [
  { error: 'invalid_client', means: { kind: 'misconfigured' } },
  { error: 'unauthorized_client', means: { kind: 'misconfigured' } },
  { error: 'unsupported_grant_type', means: { kind: 'misconfigured' } },
  { error: 'invalid_scope', means: { kind: 'misconfigured' } },
  { error: 'temporarily_unavailable', means: { kind: 'unavailable' } },
  { error: 'slow_down', means: { kind: 'unavailable' } },
  // RFC 9449, section 8: asked for again after it was given. Nothing was handled, and a third try would be no wiser.
  { error: 'use_dpop_nonce', means: { kind: 'unavailable' } },
  { status: 429, means: { kind: 'unavailable' } },
];

/**
 * What an answer to a renewal means. Pure: the provider's table decides, then the standard, and an error that nobody
 * knows is never taken for a dead grant.
 */
export function classify(answer: HttpAnswer, provider: Provider, nowMs: number): RenewalOutcome {
  const outcome = classifyExchange(answer, provider, nowMs);
  switch (outcome.kind) {
    case 'unusable':
      // The refresh token in it may be the only one that is good now. Without one, the one that is stored still is.
      return outcome.tokens.refreshToken === undefined
        ? { kind: 'misconfigured', concerns: 'answer', error: outcome.error }
        : { kind: 'renewed', tokens: outcome.tokens };
    case 'code_refused':
      // No code was sent: a complaint about one is an answer that nobody understands.
      return { kind: 'misconfigured', concerns: 'answer', error: outcome.error };
    default:
      return outcome;
  }
}

/** The same for the exchange of an authorization code. */
export function classifyExchange(answer: HttpAnswer, provider: Provider, nowMs: number): ExchangeOutcome {
  switch (answer.kind) {
    case 'not_sent':
      // However often it is tried, such a request never leaves.
      if (answer.cause === 'unsendable')
        return { kind: 'misconfigured', concerns: 'answer', error: `${answer.cause}: ${answer.detail}` };
      return { kind: 'unavailable', error: `${answer.cause}: ${answer.detail}`, retryAfterMs: undefined };
    case 'unanswered':
      return { kind: 'unanswered', error: `${answer.cause}: ${answer.detail}` };
    case 'answered':
      return classifyAnswered(answer, readTokenAnswer(provider, answer, nowMs), provider, nowMs);
    default:
      return assertNever(answer);
  }
}

type Answered = Extract<HttpAnswer, { kind: 'answered' }>;

function classifyAnswered(answer: Answered, read: TokenAnswer, provider: Provider, nowMs: number): ExchangeOutcome {
  // Tokens are tokens, whatever the status line or a cut-off tail says: they must not be lost.
  if (read.kind === 'tokens') return received(read.tokens);
  const error = describe(answer.status, read);
  const status = statusOf(answer, read, provider);
  const row = [...provider.tokenErrors, ...STANDARD_ERRORS].find((candidate) => matches(candidate, status, read));
  if (row !== undefined) return outcomeOf(row, error, answer, nowMs);
  if (status >= 500 || status === 408 || status < 400) return { kind: 'unanswered', error };
  if (read.kind === 'error' && read.error === 'invalid_grant')
    return { kind: 'rejected', reason: 'rejected_unknown', error };
  return { kind: 'misconfigured', concerns: 'answer', error };
}

function received(tokens: TokenSet): ExchangeOutcome {
  return isCarriable(tokens.accessToken)
    ? { kind: 'renewed', tokens }
    : { kind: 'unusable', error: NOT_CARRIABLE, tokens };
}

/** Where errors come with 200, one that nobody knows is still an answer: nothing was handed out, nothing was spent. */
function statusOf(answer: Answered, read: TokenAnswer, { quirks }: Provider): number {
  return quirks.errorsArriveAs200 === true && answer.status === 200 && read.kind === 'error' ? 400 : answer.status;
}

function matches(row: TokenErrorRow, status: number, read: TokenAnswer): boolean {
  if (row.status !== undefined && row.status !== status) return false;
  if (row.error !== undefined && (read.kind !== 'error' || read.error !== row.error)) return false;
  if (row.description !== undefined && (read.kind !== 'error' || read.description !== row.description)) return false;
  if (row.descriptionPart !== undefined && (read.kind !== 'error' || !hasPart(read.description, row.descriptionPart)))
    return false;
  if (row.code !== undefined && (read.kind !== 'error' || read.codes?.includes(row.code) !== true)) return false;
  return true;
}

function hasPart(description: string | undefined, part: string): boolean {
  return description?.includes(part) === true;
}

function outcomeOf(row: TokenErrorRow, error: string, answer: Answered, nowMs: number): ExchangeOutcome {
  switch (row.means.kind) {
    case 'rejected':
      return { kind: 'rejected', reason: row.means.reason, error };
    case 'unavailable':
      return { kind: 'unavailable', error, retryAfterMs: retryAfterMs(answer, nowMs) };
    case 'misconfigured':
      return { kind: 'misconfigured', concerns: 'app', error };
    case 'code_refused':
      return { kind: 'code_refused', error };
    default:
      return assertNever(row.means);
  }
}

/** Only the provider's own error names, never its whole body: a body may hold what must not be logged. */
function describe(status: number, read: TokenAnswer): string {
  if (read.kind !== 'error') return `HTTP ${status} without a readable answer`;
  const named = [read.error, ...(read.codes ?? [])].join(' ');
  const words = [named, read.description].filter((part) => part !== undefined).join(': ');
  return `HTTP ${status} ${errorWords(words)}`;
}

/** Whatever a provider asks for, we look again within a day. */
const RETRY_AFTER_MS_MAX = DAY_MS;

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), else X's `x-rate-limit-reset` or Auth0's `x-ratelimit-reset` in epoch seconds. */
function retryAfterMs(answer: Answered, nowMs: number): number | undefined {
  const header = answer.headers['retry-after']?.trim() ?? '';
  const seconds = header === '' ? Number.NaN : Number(header);
  const reset = Number(answer.headers['x-rate-limit-reset'] ?? answer.headers['x-ratelimit-reset']);
  const waits = [seconds * 1000, Date.parse(header) - nowMs, reset > 0 ? reset * 1000 - nowMs : Number.NaN];
  const wait = waits.find(Number.isFinite);
  return wait === undefined ? undefined : Math.round(Math.min(Math.max(0, wait), RETRY_AFTER_MS_MAX));
}
