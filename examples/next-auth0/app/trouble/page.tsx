import type { ReactNode } from 'react';

const TEXTS: Readonly<Record<string, string>> = {
  unauthenticated: 'Sign in to see this.',
  reauth_required: 'Your sign-in is over. Sign in again.',
  forbidden: 'Another site has sent you here with something to do. Nothing was done.',
  unavailable: 'Auth0 does not answer now. You are still signed in: try again in a minute.',
  uncertain: 'Auth0 did not answer. You are still signed in: try again in a few minutes.',
};
type Query = Promise<{ readonly code?: string; readonly back?: string }>;

export default async function Trouble({ searchParams }: { readonly searchParams: Query }): Promise<ReactNode> {
  const { code = '', back = '/' } = await searchParams;
  const isSignedOut = code === 'unauthenticated' || code === 'reauth_required';
  return (
    <main>
      <h1>Not now</h1>
      <p role="alert">{TEXTS[code] ?? 'Something is wrong with this application. Its owner finds it in the log.'}</p>
      {isSignedOut && <a href={`/auth/login/auth0?${new URLSearchParams({ return_to: back })}`}>Sign in</a>}
      <p>
        <a href="/">Home</a>
      </p>
    </main>
  );
}
