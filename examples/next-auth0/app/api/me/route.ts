import { codeOf, session } from '../../../session';

/** For scripts in the browser: they get what the API says, and never a token. A renewed cookie is in the answer. */
export async function GET(request: Request): Promise<Response> {
  const answer = await session.fetch(request, '/userinfo').catch(codeOf);
  return typeof answer === 'string' ? Response.json({ error: answer }, { status: 401 }) : answer;
}
