import { randomUUID } from 'node:crypto';
import { checkText } from 'kippu';
import type { ErrorCode } from 'kippu/session';
import type { Outcome } from './presses.ts';

/** `handle`: of who is signed in. */
export type View = { handle?: string; text?: string; trouble?: string; outcome?: Outcome };

/** What an error of Kippu means to whoever looks at the page. When it comes, nothing was sent. */
export const WORDS: Partial<Record<ErrorCode, [status: number, words: string]>> = {
  unauthenticated: [401, 'You are signed out: nothing was posted.'],
  reauth_required: [401, 'Your sign-in at X has ended: nothing was posted.'],
  forbidden: [403, 'A page of another site sent this: nothing was posted.'],
  unavailable: [503, 'X cannot be reached now: nothing was posted. Try again in some minutes.'],
  uncertain: [503, 'X has not answered about your sign-in: nothing was posted. Try again in some minutes.'],
};

/** Nothing comes from elsewhere, and no page can frame this one and have its visitor press Post. */
export const CSP = `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'`;

export const page = ({ handle, text = '', trouble, outcome }: View) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Post now</title>
<link rel="icon" href="data:,">${outcome?.kind === 'sending' ? '<meta http-equiv="refresh" content="1">' : ''}
<link rel="stylesheet" href="/style.css"><script src="/counter.js" defer></script></head><body><main><h1>Post now</h1>
${outcome ? `<p role="status" class="${outcome.kind}">${escape(outcome.words)} ${link(outcome)}</p>` : ''}${trouble ? `<p role="alert">${escape(trouble)}</p>` : ''}
${handle === undefined ? signIn(text) : composer(handle, text)}</main></body></html>`;

const composer = (handle: string, text: string) => `<form method="post" action="/post">
<label for="text">What is happening?</label>
<textarea id="text" name="text" rows="5" required autofocus aria-describedby="count">${escape(text)}</textarea>
<input type="hidden" name="press" value="${randomUUID()}">
<p><output id="count">${checkText(text).length} / ${checkText(text).lengthMax}</output><button>Post</button></p></form>
<form method="post" action="/auth/logout"><p>Signed in as @${escape(handle)}<button class="quiet">Sign out</button></p></form>`;

const signIn = (
  text: string,
) => `<p>Sign in, and what you write here goes out as your post.</p><p><a class="button" href="/auth/login/x">Sign in with X</a></p>
${text && `<label for="text">Your text, so that it is not lost</label><textarea id="text" readonly>${escape(text)}</textarea>`}`;

const link = ({ kind, url }: Outcome) =>
  url && `<a href="${escape(url)}">${kind === 'posted' ? 'See it on X' : 'Sign in'}</a>`;
const escape = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

export const STYLE = `:root { color-scheme: light dark; --ink: light-dark(#1c1d22, #eceef3); --soft: light-dark(#5d6270, #a3a9b8);
  --paper: light-dark(#fff, #1e2027); --ground: light-dark(#f2f3f6, #15161b); --accent: light-dark(#b3372f, #ef7d72); }
body { margin: 0; background: var(--ground); color: var(--ink); font: 17px/1.5 system-ui, "Hiragino Sans", sans-serif; }
main { max-width: 32rem; margin: 8vh auto; padding: 1.5rem 2rem; background: var(--paper); border-radius: 1rem; } h1 { margin: 0 0 1rem; font-size: 1.5rem; } label { font-weight: 600; } a { color: var(--accent); }
form p { display: flex; align-items: center; justify-content: space-between; gap: 1rem; color: var(--soft); }
textarea { box-sizing: border-box; width: 100%; margin-top: .5rem; padding: .7rem; border: 1px solid var(--soft); border-radius: .5rem; background: none; color: inherit; font: inherit; }
button, .button { display: inline-block; padding: .5rem 1.3rem; border: 0; border-radius: 2rem; background: var(--accent); color: var(--paper); font: inherit; text-decoration: none; cursor: pointer; } .quiet { padding: 0; background: none; color: inherit; text-decoration: underline; } [role] { border-left: 3px solid var(--accent); padding-left: .8rem; } .bad { color: var(--accent); font-weight: 600; }`;
