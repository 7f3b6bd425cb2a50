import { KippuError } from '../../model/errors.ts';
import type { ApiAnswer, ApiCall } from '../call.ts';

/** A call as `fetch` would be given it; whether its address is one is seen where it is sent. Throws `invalid`. */
export async function callOf(url: string | URL, init: RequestInit): Promise<ApiCall> {
  const request = requestOf(init);
  return {
    method: request.method as ApiCall['method'],
    url: String(url),
    headers: Object.fromEntries(request.headers),
    body: request.body === null ? undefined : new Uint8Array(await request.arrayBuffer()),
  };
}

/** The platform's own words quote what they stumble over: a header's value may be a secret. */
function requestOf(init: RequestInit): Request {
  try {
    return new Request('http://api.invalid', init);
  } catch {
    const isReading = /^(get|head)?$/i.test(init.method ?? '');
    const trouble =
      isReading && init.body !== undefined && init.body !== null
        ? 'A GET or HEAD has no body; name another method'
        : 'Its method, a header or its body (a stream needs duplex: "half") is not what a request can have';
    throw new KippuError('invalid', `This call cannot be made. ${trouble}.`, { where: 'init' });
  }
}

const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** The API's answer as `fetch` would give it, but for its cookies, which are nobody's here. `setCookies` go in their place. */
export function apiResponse(answer: ApiAnswer, setCookies: readonly string[] = []): Response {
  const headers = new Headers(responseHeaders(answer.headers));
  for (const line of setCookies) headers.append('set-cookie', line);
  const body = BODILESS.has(answer.status) ? null : new Uint8Array(answer.body);
  return new Response(body, { status: answer.status, headers });
}

/** The body is whole and decoded already: what described its way here no longer fits. */
export function responseHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const dropped = new Set(['connection', 'content-length', 'transfer-encoding', 'keep-alive', 'set-cookie']);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}
