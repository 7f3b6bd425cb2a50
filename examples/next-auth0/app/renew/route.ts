import { codeOf, origin, session } from '../../session';

/** For a page that met a token which Auth0 refuses before its time: renews it, and goes back to the page. */
export async function GET(request: Request): Promise<Response> {
  const answer = await session.fetch(request, '/userinfo').catch(codeOf);
  if (typeof answer === 'string') return Response.redirect(`${origin}/trouble?code=${answer}&back=/profile`);
  const headers = new Headers({ location: '/profile' });
  for (const line of answer.headers.getSetCookie()) headers.append('set-cookie', line);
  return new Response(null, { status: 303, headers });
}
