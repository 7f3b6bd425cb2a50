import type { Access, AccessNeed, AccessTokens } from '../model/access-tokens.ts';
import { SECOND_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { HttpAnswer, HttpRequest } from '../model/http.ts';
import type { ConnectionId } from '../model/ids.ts';
import { sendWithToken, type SigningPorts } from '../protocol/signed-request.ts';

const CONNECT_TIMEOUT_MS = 10 * SECOND_MS;
const CALL_TIMEOUT_MS = 60 * SECOND_MS;
const CALL_BYTES_MAX = 16 * 1024 * 1024;

export interface ApiCall {
  readonly method: HttpRequest['method'];
  /** A path of the provider's API, or a whole URL on an origin of its APIs. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

export type ApiAnswer = Extract<HttpAnswer, { kind: 'answered' }>;

/**
 * Calls the provider's API with a good token, and with a proof of its key where it is bound to one (RFC 9449). A 401 is
 * answered with another token, once. The token goes to the origins of the
 * provider's own APIs and nowhere else.
 *
 * Throws `invalid` for a foreign URL or a header that HTTP cannot carry, `unavailable` when there is no whole answer, and what {@link AccessTokens.get} throws.
 */
export async function callApi(
  id: ConnectionId,
  call: ApiCall,
  ports: SigningPorts & { readonly tokens: AccessTokens },
): Promise<ApiAnswer> {
  return callWith(call, (need) => ports.tokens.get(id, need), ports);
}

/** The same, wherever the token comes from. */
export async function callWith(
  call: ApiCall,
  getAccess: (need?: AccessNeed) => Promise<Access>,
  ports: SigningPorts,
): Promise<ApiAnswer> {
  const access = await getAccess();
  const first = await send(call, access, ports);
  if (first.status !== 401) return first;
  return send(call, await getAccess({ refused: access.accessToken }), ports);
}

async function send(call: ApiCall, access: Access, ports: SigningPorts): Promise<ApiAnswer> {
  const request: HttpRequest = {
    method: call.method,
    url: targetOf(call.url, access),
    headers: without(call.headers, access.carrier === undefined ? PROVING : [access.carrier.header]),
    ...(call.body === undefined ? {} : { body: call.body }),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: CALL_TIMEOUT_MS,
    bodyBytesMax: CALL_BYTES_MAX,
  };
  const answer = await sendWithAccess(request, access, ports);
  if (answer.kind === 'answered' && answer.complete) return answer;
  if (answer.kind === 'answered') {
    throw new KippuError(
      'unavailable',
      `The answer of the provider's API was cut off, or is longer than ${CALL_BYTES_MAX} bytes. The call was handled with status ${answer.status}.`,
    );
  }
  if (answer.kind === 'not_sent' && answer.cause === 'unsendable') {
    throw new KippuError(
      'invalid',
      'A header of the call has a name or a value that HTTP cannot carry. Nothing was sent; write it in ASCII.',
      { where: 'headers' },
    );
  }
  const maybeHandled = answer.kind === 'unanswered' ? ' The call may have been handled.' : '';
  throw new KippuError(
    'unavailable',
    `The provider's API gave no answer: ${answer.cause} (${answer.detail}).${maybeHandled}`,
  );
}

/** In the header of its own that carries a static key, else as RFC 6750 or RFC 9449 say. */
async function sendWithAccess(request: HttpRequest, access: Access, ports: SigningPorts): Promise<HttpAnswer> {
  const { accessToken, carrier } = access;
  if (carrier === undefined) return sendWithToken(request, access, ports);
  const words = carrier.scheme === '' ? [] : [carrier.scheme];
  const carried = { [carrier.header.toLowerCase()]: [...words, accessToken.reveal()].join(' ') };
  return ports.http.send({ ...request, headers: { ...request.headers, ...carried } });
}

/** What the caller has put where the token goes is not sent beside it. */
function without(headers: ApiCall['headers'], names: readonly string[]): Record<string, string> {
  const gone = new Set(names.map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !gone.has(name.toLowerCase())));
}

const PROVING = ['authorization', 'dpop'];

function targetOf(url: string, { apiOrigin, legacyOrigins = [], furtherOrigins = [] }: Access): string {
  const target = URL.canParse(url, apiOrigin) ? new URL(belowApi(url, apiOrigin), apiOrigin) : undefined;
  if (target === undefined)
    throw new KippuError('invalid', 'The address of the call is not a URL. Give a path such as /2/users/me.', {
      where: 'url',
    });
  if (target.username !== '' || target.password !== '')
    throw new KippuError('invalid', 'The address of the call names a user or a password. The token says who calls.', {
      where: 'url',
    });
  const isLegacy = legacyOrigins.includes(target.origin);
  const own = new Set([new URL(apiOrigin).origin, ...furtherOrigins]);
  if (!isLegacy && !own.has(target.origin)) {
    throw new KippuError(
      'invalid',
      `${target.origin} is not this provider's API. Its tokens are sent to nothing but: ${[...own].join(', ')}.`,
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
