import Link from 'next/link';
import { headers } from 'next/headers';
import type { ReactNode } from 'react';
import { session } from '../session';

/** Who is signed in, by the cookie alone: nothing is renewed for it. */
export default async function Home(): Promise<ReactNode> {
  const [user] = await session.read({ headers: await headers() });
  return (
    <main>
      <h1>Next.js and Auth0</h1>
      {/* No <Link>: the router would fetch it ahead, and a sign-in must begin when somebody clicks. */}
      {user === undefined ? <a href="/auth/login/auth0?return_to=/profile">Sign in</a> : <p>Hello {user.handle}.</p>}
      <p>
        <Link href="/profile">Your profile</Link>
      </p>
      {user !== undefined && (
        <form method="post" action="/auth/logout">
          <button>Sign out</button>
        </form>
      )}
    </main>
  );
}
