/** A page brings its own content security policy; what is no page may do nothing at all in a browser. */
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cache-control', 'no-store'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
];

const HSTS = 'max-age=31536000';

/** Strict for everything that leaves; what a response says itself stays. There is no CORS: other sites' pages read nothing. */
export function withSecurityHeaders(response: Response, { isHttps }: { readonly isHttps: boolean }): Response {
  const { headers } = response;
  for (const [name, value] of HEADERS) {
    if (!headers.has(name)) headers.set(name, value);
  }
  if (isHttps) headers.set('strict-transport-security', HSTS);
  return response;
}
