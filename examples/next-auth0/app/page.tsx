import { headers } from 'next/headers';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { session } from '../session';

/** Who is signed in, by the cookie alone: nothing is renewed for it. */
export default async function Home(): Promise<ReactNode> {
  const [user] = await session.read({ headers: await headers() });
  return (
    <main>
      <h1>{user === undefined ? 'Next.js and Auth0' : `Hello ${user.handle}`}</h1>
      {/* No <Link>: the router would fetch it ahead, and a sign-in must begin when somebody clicks. */}
      <a href="/auth/login/auth0?return_to=/profile">Sign in</a> · <Link href="/profile">Your profile</Link>
      <form method="post" action="/auth/logout">
        <button>Sign out</button>
      </form>
    </main>
  );
}
