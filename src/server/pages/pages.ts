import { isLoopbackAddress } from '../../app/exposure.ts';
import { beginConnect } from '../../app/connecting.ts';
import type { App } from '../../app/open.ts';
import { overviewOf } from '../../app/overview.ts';
import { redeemSignInLink, signOut } from '../../app/api-keys.ts';
import { findApp } from '../../app/connections.ts';
import { clearCookie, readCookie, setCookie } from '../../app/web/cookies.ts';
import { html, languageOf, page, redirect, type Html } from '../../app/web/page.ts';
import { DAY_MS, SECOND_MS } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import { SESSION_COOKIE, type Gate } from '../gate.ts';
import { readBytes } from '../input.ts';
import { STATUS_OF } from '../problem.ts';
import { overviewBody } from './overview.ts';
import { TEXTS } from './texts.ts';

/** What a page is served with. */
export interface PageContext {
  readonly app: App;
  readonly gate: Gate;
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
}

export interface PageRoute {
  readonly method: 'GET' | 'POST';
  /** With `:name` for a part that varies. */
  readonly path: string;
  serve(context: PageContext): Promise<Response>;
}

/** As long as the session itself. */
const COOKIE_LIFETIME_S = (30 * DAY_MS) / SECOND_MS;
const FORM_BYTES_MAX = 4096;

/** The console's first pages: plain HTML, no script. */
export const PAGES: readonly PageRoute[] = [
  { method: 'GET', path: '/', serve: overviewPage },
  { method: 'GET', path: '/sign-in/:link', serve: signInPage },
  { method: 'POST', path: '/sign-out', serve: guarded(signOutForm) },
  { method: 'POST', path: '/connect', serve: guarded(connectForm) },
];

async function overviewPage({ app, gate, request }: PageContext): Promise<Response> {
  const lang = languageOf(request);
  if (!(await gate.isSignedIn(request))) return signedOutPage(request, app);
  const overview = await overviewOf(app);
  return page({ title: TEXTS[lang].title, lang, body: overviewBody({ overview, lang, base: baseOf(app) }) });
}

/** Whoever looks ahead (a browser that prefetches, a chat that shows previews) must not use the link up. */
async function signInPage({ app, gate, request, params }: PageContext): Promise<Response> {
  const isLookingAhead = request.method !== 'GET' || (request.headers.get('sec-purpose') ?? '').includes('prefetch');
  if (isLookingAhead) return new Response(null, { status: 204 });
  const { publicUrl } = app.options;
  const session = await redeemSignInLink(new Secret(params['link'] ?? ''), app);
  if (session !== undefined)
    return redirect(`${baseOf(app)}/`, {
      'set-cookie': setCookie(SESSION_COOKIE, session, { publicUrl, maxAgeS: COOKIE_LIFETIME_S }),
    });
  if (await gate.isSignedIn(request)) return redirect(`${baseOf(app)}/`);
  const lang = languageOf(request);
  const texts = TEXTS[lang];
  const body = html`<div class="card narrow"><h1><span class="mark">切符</span> ${texts.linkUsed}</h1><p>${texts.linkUsedWhy}</p>${howToGetLink}<p class="soft">${texts.signedOutPrints}</p></div>`;
  return page({ title: texts.linkUsed, lang, body, status: 410 });
}

async function signOutForm({ app, gate, request }: PageContext): Promise<Response> {
  await gate.admitForm(request);
  const { publicUrl } = app.options;
  const session = readCookie(request, SESSION_COOKIE, publicUrl);
  if (session !== undefined) await signOut(session, app);
  return redirect(`${baseOf(app)}/`, { 'set-cookie': clearCookie(SESSION_COOKIE, publicUrl) });
}

/**
 * Begins a consent. The browser goes on by a page of its own and not by a redirect: browsers hold our `form-action`
 * against every redirect that follows a form, and where a provider redirects to is its own affair.
 */
async function connectForm({ app, gate, request }: PageContext): Promise<Response> {
  await gate.admitForm(request);
  const form = new URLSearchParams(Buffer.from(await readBytes(request, FORM_BYTES_MAX)).toString('utf8'));
  const provider = findApp(form.get('provider') ?? '', app).provider;
  const { url } = await beginConnect({ provider: provider.id }, app);
  const lang = languageOf(request);
  const texts = TEXTS[lang];
  const body = html`<div class="card narrow"><h1>${texts.goingTo(provider.name)}</h1><p><a class="button main" href="${url}">${texts.goOn}</a></p></div>`;
  return page({ title: texts.goingTo(provider.name), lang, body, headers: { refresh: `0; url=${url}` } });
}

function signedOutPage(request: Request, app: App): Response {
  const lang = languageOf(request);
  const texts = TEXTS[lang];
  const asked = request.headers.get('host') ?? new URL(request.url).host;
  const { host, hostname } = new URL(app.options.publicUrl);
  // Cookies of 127.0.0.1 and localhost are two pairs of shoes.
  const elsewhere =
    asked !== host && isLoopbackAddress(hostname)
      ? html`<p class="soft">${texts.otherAddress(app.options.publicUrl)}</p>`
      : undefined;
  const body = html`<div class="card narrow"><h1><span class="mark">切符</span> ${texts.signedOut}</h1><p>${texts.signedOutHow}</p>${howToGetLink}<p class="soft">${texts.signedOutPrints}</p>${elsewhere}</div>`;
  return page({ title: texts.signedOut, lang, body });
}

const howToGetLink: Html = html`<p><code>npm start</code> <span class="soft">/</span> <code>kippu up</code></p>`;

/** What a form cannot do is said on a page. */
function guarded(serve: PageRoute['serve']): PageRoute['serve'] {
  return async (context) => {
    try {
      return await serve(context);
    } catch (error) {
      if (!(error instanceof KippuError)) throw error;
      const lang = languageOf(context.request);
      const texts = TEXTS[lang];
      const body = html`<div class="card narrow"><h1>${texts.failed}</h1><p>${error.message}</p><p><a class="button" href="${baseOf(context.app)}/">${texts.back}</a></p></div>`;
      return page({ title: texts.failed, lang, body, status: STATUS_OF[error.code] });
    }
  };
}

function baseOf({ options }: App): string {
  return new URL(options.publicUrl).pathname.replace(/\/$/, '');
}
