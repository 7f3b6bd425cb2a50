import { callApi, type ApiAnswer } from '../../app/call.ts';
import { responseHeaders } from '../../app/web/fetched.ts';
import { visibleConnectionId } from '../../app/visible.ts';
import { readBytes } from '../input.ts';
import { METHODS, route, type Call, type Method, type Route } from '../route.ts';

/** As much as a provider's API takes in one request, and more. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** What is said to us, or of the way to us, and not to the provider. */
const NOT_FORWARDED =
  /^(host|authorization|dpop|cookie|content-length|accept-encoding|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|forwarded|via|origin|referer|x-real-ip|(proxy|sec|x-forwarded|access-control)-.*)$/;

/** What the provider says to a browser on its own site. */
const NOT_ANSWERED =
  /^(set-cookie2?|cache-control|expires|age|pragma|clear-site-data|strict-transport-security|content-security-policy.*|access-control-.*|dpop-nonce|alt-svc|nel|report-to|service-worker-allowed)$/;

const BODILESS_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);

export const proxyRoutes: readonly Route[] = METHODS.map((method) =>
  route({
    method,
    path: '/v1/connections/{id}/proxy/{path}',
    access: 'tokens:read',
    summary: "Calls the provider's API with a good token; a 401 is answered with another token, once.",
    types: ['*/*'],
    run: (call) => forward(method, call),
  }),
);

async function forward(
  method: Method,
  { app, caller, params, request, url }: Call<unknown, unknown>,
): Promise<Response> {
  const id = await visibleConnectionId(params['id'] ?? '', caller, app);
  const body = method === 'GET' ? undefined : await readBytes(request, BODY_BYTES_MAX);
  const call = { method, url: targetOf(url), headers: forwardedHeaders(request.headers), body };
  return responseOf(await callApi(id, call, { ...app.renewal, tokens: app.tokens }));
}

/** As it was written, not decoded: what is escaped in the path stays escaped. */
function targetOf(url: URL): string {
  const path = url.pathname.replace(/^.*?\/v1\/connections\/[^/]+\/proxy\//, '');
  return (/^https?:\/\//i.test(path) ? path : `/${path}`) + url.search;
}

function forwardedHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !NOT_FORWARDED.test(name)));
}

/** From our address and not of our making: a browser must not run anything in it. */
function responseOf(answer: ApiAnswer): Response {
  const headers = Object.entries(responseHeaders(answer.headers)).filter(([name]) => !NOT_ANSWERED.test(name));
  return new Response(BODILESS_STATUSES.has(answer.status) ? null : new Uint8Array(answer.body), {
    status: answer.status,
    headers: {
      ...Object.fromEntries(headers),
      'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    },
  });
}
