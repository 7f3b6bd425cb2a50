import type { Access, AccessTokens } from '../model/access-tokens.ts';
import { SECOND_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../model/http.ts';
import type { ConnectionId } from '../model/ids.ts';

const CONNECT_TIMEOUT_MS = 10 * SECOND_MS;
const CALL_TIMEOUT_MS = 60 * SECOND_MS;
const CALL_BYTES_MAX = 16 * 1024 * 1024;

export interface ApiCall {
  readonly method: HttpRequest['method'];
  /** A path of the provider's API, or a whole URL on its API's origin. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

export type ApiAnswer = Extract<HttpAnswer, { kind: 'answered' }>;

/**
 * Calls the provider's API with a good token. A 401 is answered with another token, once. The token goes to the
 * provider's own API origin and nowhere else.
 *
 * Throws `invalid` for a foreign URL, `unavailable` when there is no whole answer, and what {@link AccessTokens.get} throws.
 */
export async function callApi(
  id: ConnectionId,
  call: ApiCall,
  ports: { readonly tokens: AccessTokens; readonly http: HttpClient },
): Promise<ApiAnswer> {
  const access = await ports.tokens.get(id);
  const first = await send(call, access, ports.http);
  if (first.status !== 401) return first;
  const other = await ports.tokens.get(id, { refused: access.accessToken });
  return send(call, other, ports.http);
}

async function send(call: ApiCall, access: Access, http: HttpClient): Promise<ApiAnswer> {
  const answer = await http.send({
    method: call.method,
    url: targetOf(call.url, access),
    headers: carrying(access, call.headers),
    ...(call.body === undefined ? {} : { body: call.body }),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: CALL_TIMEOUT_MS,
    bodyBytesMax: CALL_BYTES_MAX,
  });
  if (answer.kind === 'answered' && answer.complete) return answer;
  if (answer.kind === 'answered') {
    throw new KippuError(
      'unavailable',
      `The answer of the provider's API was cut off, or is longer than ${CALL_BYTES_MAX} bytes. The call was handled with status ${answer.status}.`,
    );
  }
  const maybeHandled = answer.kind === 'unanswered' ? ' The call may have been handled.' : '';
  throw new KippuError(
    'unavailable',
    `The provider's API gave no answer: ${answer.cause} (${answer.detail}).${maybeHandled}`,
  );
}

/** The token in the header that carries it; what the caller has put there goes. */
function carrying({ accessToken, carrier = BEARER }: Access, headers: ApiCall['headers']): Record<string, string> {
  const name = carrier.header.toLowerCase();
  const others = Object.entries(headers).filter(([other]) => other.toLowerCase() !== name);
  const words = carrier.scheme === '' ? [] : [carrier.scheme];
  return { ...Object.fromEntries(others), [name]: [...words, accessToken.reveal()].join(' ') };
}

const BEARER = { header: 'authorization', scheme: 'Bearer' };

function targetOf(url: string, { apiOrigin, legacyOrigins = [] }: Access): string {
  const target = URL.canParse(url, apiOrigin) ? new URL(belowApi(url, apiOrigin), apiOrigin) : undefined;
  if (target === undefined)
    throw new KippuError('invalid', 'The address of the call is not a URL. Give a path such as /2/users/me.', {
      where: 'url',
    });
  const isLegacy = legacyOrigins.includes(target.origin);
  if (!isLegacy && target.origin !== new URL(apiOrigin).origin) {
    throw new KippuError(
      'invalid',
      `${target.origin} is not this provider's API. Tokens are sent to ${apiOrigin} only.`,
      { where: 'url' },
    );
  }
  return isLegacy ? new URL(target.pathname + target.search, apiOrigin).href : target.href;
}

/** A path counts from where the API begins, which need not be the top of its host (GitHub Enterprise Server: `/api/v3`). */
function belowApi(url: string, apiOrigin: string): string {
  const base = new URL(apiOrigin).pathname.replace(/\/$/, '');
  const isPath = url.startsWith('/') && !url.startsWith('//') && !url.startsWith('/\\');
  return isPath && !url.startsWith(`${base}/`) ? base + url : url;
}
