import type { Session, SessionToken } from '../../src/session.ts';
import { KippuError } from '../../src/session.ts';

/** What somebody's application makes of cookie mode: a page that says who is signed in, and an API of its own. */
export function applicationOf(session: Session): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/auth/')) return session.handler(request);
    try {
      if (pathname === '/api/me') return await session.fetch(request, '/2/users/me');
      if (pathname === '/component') {
        // As a React Server Component: it could set no cookie if it had one.
        const { handle } = await session.getAccessToken(request, { canSetCookies: false });
        return page(`Rendered for @${handle}`);
      }
      const token = await session.getAccessToken(request, { signal: request.signal });
      if (pathname === '/api/token') return withCookies(Response.json({ handle: token.handle }), token);
      return withCookies(page(`Signed in as @${token.handle}`), token);
    } catch (error) {
      if (!(error instanceof KippuError)) throw error;
      return pathname.startsWith('/api/')
        ? Response.json({ code: error.code }, { status: error.code === 'uncertain' ? 503 : 401 })
        : page(`Nobody is signed in: ${error.code}`);
    }
  };
}

function withCookies(response: Response, { setCookies }: SessionToken): Response {
  for (const line of setCookies) response.headers.append('set-cookie', line);
  return response;
}

function page(text: string): Response {
  const body = `<!doctype html><title>app</title><link rel="icon" href="data:,"><h1>${text}</h1>
<form method="post" action="/auth/logout"><button>Sign out</button></form><a href="/auth/login/x?return_to=/">Sign in</a>`;
  return new Response(body, { headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } });
}
