/**
 * Every error code there is. Stable: callers branch on it.
 *
 * @example
 * ```ts
 * import { ERROR_CODES, type ErrorCode } from 'kippu';
 * const texts: Partial<Record<ErrorCode, string>> = { reauth_required: 'Please sign in again.' };
 * export const withoutText = ERROR_CODES.filter((code) => texts[code] === undefined);
 * ```
 */
export const ERROR_CODES = [
  /** The user must consent again. */
  'reauth_required',
  /** The provider refuses an access token so young that renewing will not help. */
  'refused',
  /** The provider refuses our app: wrong secret, unknown client, wrong configuration. */
  'misconfigured',
  /** Not now: the provider cannot be reached, or asked us to wait. */
  'unavailable',
  /** A renewal was sent and not answered, and there is no living access token meanwhile. */
  'uncertain',
  /** The connection was revoked here. */
  'revoked',
  'not_found',
  /** What was asked does not fit what is there. */
  'conflict',
  /** Bad input: says what, where, and what to do. */
  'invalid',
  /** No key, or a wrong one. */
  'unauthenticated',
  /** A key without the scope or the connection. */
  'forbidden',
  'rate_limited',
  /** A sealed value does not open: moved, altered, or sealed with a key that is not in the ring. */
  'unreadable',
  /** The key ring is missing or not this store's. */
  'wrong_key_ring',
  /** This store is a copy or was restored; `kippu adopt` decides which one is real. */
  'store_copied',
  /** The store cannot be written or read now. */
  'store_unavailable',
  /** The consent failed: denied, expired, replayed, or by somebody else. */
  'consent_failed',
  /** The provider's ID token does not pass its checks: nothing that it says may be believed. */
  'id_token_invalid',
  /** The tokens of a cookie would have to be renewed where no cookie can be set. */
  'cannot_rotate',
  /** More than fits into cookies. */
  'too_large',
  /** A package that this needs was left out when Kippu was installed: the message says which, and the command. */
  'not_installed',
  'internal',
] as const;
/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['unavailable', 'uncertain', 'rate_limited', 'store_unavailable']);

/** What an error knows besides its code and its message. */
export interface ErrorFacts {
  readonly cause?: unknown;
  /** When trying again makes sense, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** Where the user can consent again. */
  readonly connectUrl?: string;
  /** Which part of the input is meant, as a JSON pointer or a flag. */
  readonly where?: string;
}

/**
 * The only kind of error that Kippu throws on purpose. The message has three parts: what happened, to which
 * connection, and what the reader can do.
 *
 * @example
 * ```ts
 * import { KippuError } from 'kippu';
 * export function mustSignInAgain(error: unknown): boolean {
 *   return error instanceof KippuError && error.reauthRequired;
 * }
 * ```
 */
export class KippuError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly connectUrl: string | undefined;
  readonly where: string | undefined;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'KippuError';
    this.code = code;
    this.retryAfterMs = facts.retryAfterMs;
    this.connectUrl = facts.connectUrl;
    this.where = facts.where;
  }

  /** Whether the same call may succeed later without anybody doing anything. */
  get retryable(): boolean {
    return RETRYABLE.has(this.code);
  }

  /** Whether only a new consent of the user helps. */
  get reauthRequired(): boolean {
    return this.code === 'reauth_required' || this.code === 'revoked';
  }
}
