import { codeOf, session } from '../../../session';

/** For scripts in the browser: they get what the API says, and never a token. A renewed cookie is in the answer. */
export async function GET(request: Request): Promise<Response> {
  const answer = await session.fetch(request, '/userinfo').catch(codeOf);
  if (typeof answer !== 'string') return answer;
  const isSignedOut = answer === 'unauthenticated' || answer === 'reauth_required';
  return Response.json({ error: answer }, { status: isSignedOut ? 401 : 503 });
}
