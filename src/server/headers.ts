/** A page brings its own content security policy; what is no page may do nothing at all in a browser. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const HSTS = 'max-age=31536000';

/** Those that were made with all headers: adding them afterwards costs more than the rest of a short answer. */
const complete = new WeakSet<Response>();

export interface ResponseFacts {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A response that has the strict headers from the start. */
export function strictResponse(body: string, { status, headers }: ResponseFacts): Response {
  const response = new Response(body, { status, headers: { ...HEADERS, ...headers } });
  complete.add(response);
  return response;
}

/** As {@link withSecurityHeaders} sets them, for an answer that is no `Response`: names and values in turn. */
export function strictHead(
  headers: Readonly<Record<string, string>>,
  { isHttps }: { readonly isHttps: boolean },
): readonly string[] {
  const hsts = isHttps ? { 'strict-transport-security': HSTS } : {};
  return Object.entries({ ...HEADERS, ...headers, ...hsts }).flat();
}

/**
 * Strict headers for everything that leaves; what a response says itself stays. There is no CORS: other sites' pages
 * read nothing.
 */
export function withSecurityHeaders(response: Response, { isHttps }: { readonly isHttps: boolean }): Response {
  if (isHttps) response.headers.set('strict-transport-security', HSTS);
  if (complete.has(response)) return response;
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  return response;
}
