import { ERROR_CODES, KippuError, type ErrorCode } from '../../model/errors.ts';
import type { ApiAnswer } from './transport.ts';

/** The `KippuError` that a problem document (RFC 9457) was made of. */
export function errorOf(answer: ApiAnswer): KippuError {
  const problem = parseProblem(answer.body);
  const { code, detail, title, retry_after: retryAfterS, connect_url: connectUrl, where } = problem;
  const known = ERROR_CODES.find((candidate) => candidate === code);
  const message =
    typeof detail === 'string' ? detail : typeof title === 'string' ? title : `The server answered ${answer.status}.`;
  return new KippuError(known ?? byStatus(answer.status), message, {
    ...(typeof retryAfterS === 'number' ? { retryAfterMs: retryAfterS * 1000 } : {}),
    ...(typeof connectUrl === 'string' ? { connectUrl } : {}),
    ...(typeof where === 'string' ? { where } : {}),
  });
}

/** Whether a problem document names one of Kippu's own error codes. */
export function hasErrorCode(body: Uint8Array): boolean {
  const { code } = parseProblem(body);
  return ERROR_CODES.some((known) => known === code);
}

function parseProblem(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Not from our server: a proxy in between, say. The status is all there is.
    return {};
  }
}

function byStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
      return 'unauthenticated';
    case 403:
      return 'forbidden';
    case 404:
      return 'not_found';
    case 409:
      return 'conflict';
    case 400:
    case 413:
    case 415:
    case 422:
      return 'invalid';
    case 429:
      return 'rate_limited';
    case 502:
    case 503:
    case 504:
      return 'unavailable';
    default:
      return 'internal';
  }
}
