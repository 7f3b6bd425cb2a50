import type { ReactNode } from 'react';

const TEXTS: Readonly<Record<string, string>> = {
  unauthenticated: 'Sign in to see this.',
  reauth_required: 'Your sign-in is over. Sign in again.',
  forbidden: 'Another site has sent you here with something to do. Nothing was done.',
  unavailable: 'Auth0 does not answer now. You are still signed in: try again in a minute.',
  uncertain: 'Auth0 did not answer. You are still signed in: try again in a minute.',
};

export function Trouble({ code, back }: { readonly code: string; readonly back: string }): ReactNode {
  return (
    <main>
      <h1>That did not work</h1>
      <p role="alert">{TEXTS[code] ?? 'Something is wrong with this application. Its owner finds it in the log.'}</p>
      <a href={`/auth/login/auth0?${new URLSearchParams({ return_to: back })}`}>Sign in</a>
    </main>
  );
}
