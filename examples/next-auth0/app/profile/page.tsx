import { storeCookies } from 'kippu/session';
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';
import type { ReactNode } from 'react';
import { codeOf, session } from '../../session';

type Query = Promise<{ readonly confirmed?: string }>;

/** A page cannot set a cookie, so that it may not renew: the proxy has seen to it that the token is good. */
export default async function Profile({ searchParams }: { readonly searchParams: Query }): Promise<ReactNode> {
  const request = { headers: await headers() };
  const answer = await session.fetch(request, '/userinfo', {}, { canSetCookies: false }).catch(codeOf);
  if (answer === 'cannot_rotate') redirect('/renew');
  if (typeof answer === 'string') redirect(`/trouble?code=${answer}&back=/profile`);
  const { name, email } = (await answer.json()) as { readonly name: string; readonly email: string };
  const { confirmed } = await searchParams;
  return (
    <main>
      <h1>{name}</h1>
      <p>{email}</p>
      <form action={pay}>
        <button>Pay</button>
      </form>
      {confirmed !== undefined && <p role="status">Auth0 confirmed who you are at {confirmed}.</p>}
    </main>
  );
}

/** Before something that matters, Auth0 must have said in the last minute who this is. A server action can set cookies. */
async function pay(): Promise<void> {
  'use server';
  const request = { headers: await headers(), method: 'POST' };
  const fresh = await session.getIdToken(request, { maxAge: 60 }).catch(codeOf);
  if (typeof fresh === 'string') redirect(`/trouble?code=${fresh}&back=/profile`);
  storeCookies(await cookies(), fresh.setCookies);
  redirect(`/profile?confirmed=${new Date(Number(fresh.claims['iat']) * 1000).toISOString()}`);
}
