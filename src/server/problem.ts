import { SECOND_MS } from '../model/clock.ts';
import { KippuError, type ErrorCode } from '../model/errors.ts';

/** How each error of Kippu looks over HTTP. */
export const STATUS_OF = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  reauth_required: 409,
  revoked: 409,
  refused: 409,
  consent_failed: 409,
  // A person decides which of two stores is the real one: trying again does not help.
  store_copied: 409,
  rate_limited: 429,
  misconfigured: 502,
  id_token_invalid: 502,
  cannot_rotate: 409,
  too_large: 422,
  not_installed: 500,
  unavailable: 503,
  uncertain: 503,
  store_unavailable: 503,
  unreadable: 500,
  wrong_key_ring: 500,
  internal: 500,
} as const satisfies Record<ErrorCode, number>;

const TITLES = {
  invalid: 'Something in the request is not right',
  unauthenticated: 'No API key, or a wrong one',
  forbidden: 'The API key does not allow this',
  not_found: 'There is no such thing',
  conflict: 'It does not fit what is there',
  reauth_required: 'The user must consent again',
  revoked: 'The connection was revoked',
  refused: 'The provider refuses even a fresh token',
  consent_failed: 'The consent failed',
  store_copied: 'This store is a copy',
  rate_limited: 'Too many requests',
  misconfigured: 'The provider refuses our app',
  id_token_invalid: 'The ID token does not pass its checks',
  cannot_rotate: 'Nothing can be renewed here',
  too_large: 'Too large for cookies',
  not_installed: 'A package is not installed',
  unavailable: 'Not now',
  uncertain: 'A renewal was not answered yet',
  store_unavailable: 'The store cannot be used now',
  unreadable: 'A stored value does not open',
  wrong_key_ring: "The key ring is not this store's",
  internal: 'A defect in Kippu',
} as const satisfies Record<ErrorCode, string>;

/** Where a retryable error does not say itself when to try again. */
const RETRY_AFTER_DEFAULT_MS = 5 * SECOND_MS;

/** An error of HTTP itself: the code says what kind it is, the status is its own. */
export class HttpError extends KippuError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(code, message);
    this.status = status;
    this.headers = headers;
  }
}

/** A problem document, as in RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  /** Which part of the input, as a JSON pointer, or the name of a parameter or a header. */
  readonly where?: string;
  /** Seconds. */
  readonly retry_after?: number;
  readonly connect_url?: string;
}

/** The one place in which an error becomes a response. */
export function problemResponse(error: KippuError): Response {
  const problem = problemOf(error);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(problem.retry_after === undefined ? {} : { 'retry-after': String(problem.retry_after) }),
      ...(error.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer realm="kippu"' } : {}),
      ...(error instanceof HttpError ? error.headers : {}),
    },
  });
}

function problemOf(error: KippuError): Problem {
  const { code, message, where, connectUrl } = error;
  const retryAfterMs = error.retryAfterMs ?? (error.retryable ? RETRY_AFTER_DEFAULT_MS : undefined);
  return {
    type: `urn:kippu:problem:${code}`,
    title: TITLES[code],
    status: error instanceof HttpError ? error.status : STATUS_OF[code],
    detail: message,
    code,
    ...(where === undefined ? {} : { where }),
    // A client that waits for "0 seconds" tries at once, and again.
    ...(retryAfterMs === undefined ? {} : { retry_after: Math.max(1, Math.ceil(retryAfterMs / SECOND_MS)) }),
    ...(connectUrl === undefined ? {} : { connect_url: connectUrl }),
  };
}
