import type { Access } from '../../model/access-tokens.ts';
import { SECOND_MS } from '../../model/clock.ts';
import type { HttpRequest } from '../../model/http.ts';

export const CONNECT_TIMEOUT_MS = 8 * SECOND_MS;
export const BODY_BYTES_MAX = 1024 * 1024;
/** Reading may be repeated, so it is given up early. */
const READ_TIMEOUT_MS = 10 * SECOND_MS;

export function headersFor(access: Access): Record<string, string> {
  return { authorization: `Bearer ${access.accessToken.reveal()}`, accept: 'application/json' };
}

/** Asks for something that the API only tells; `path` begins with its version and may have a query. */
export function readRequest(path: string, access: Access): HttpRequest {
  return {
    method: 'GET',
    url: `${access.apiOrigin}${path}`,
    headers: headersFor(access),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: READ_TIMEOUT_MS,
    bodyBytesMax: BODY_BYTES_MAX,
  };
}
