import { NextResponse, type NextRequest } from 'next/server';
import { codeOf, origin, session } from './session';

/** The pages that need a token: it is renewed here, where cookies can still be set, and the page finds it good. */
export const config = { matcher: '/profile/:path*' };

export async function proxy(request: NextRequest): Promise<NextResponse> {
  const token = await session.getAccessToken(request, { minTtl: 60 }).catch(codeOf);
  if (typeof token === 'string') return trouble(request, token);
  const response = NextResponse.next();
  for (const line of token.setCookies) response.headers.append('set-cookie', line);
  return response;
}

/** The address stays, so that trying again is reloading. */
function trouble({ nextUrl }: NextRequest, code: string): NextResponse {
  const query = new URLSearchParams({ code, back: nextUrl.pathname + nextUrl.search });
  return NextResponse.rewrite(new URL(`/trouble?${query}`, origin));
}
