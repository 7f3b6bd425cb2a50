import type { Logger } from 'pino';
import { KippuError } from '../../model/errors.ts';
import type { ProviderApp } from '../../providers/provider-app.ts';
import { sessionsIn } from '../../session/find.ts';
import { foreignSite, isForeign } from '../../session/same-site.ts';
import { requireProvider } from '../../session/refusals.ts';
import { beginSignIn } from '../../session/begin-sign-in.ts';
import { finishSignIn, type SignInEnd } from '../../session/finish-sign-in.ts';
import { endSessions } from '../../session/sign-out.ts';
import { refreshEndOf } from '../../renewal/lifetimes.ts';
import { failureText } from '../web/connect-texts.ts';
import { html, languageOf, page } from '../web/page.ts';
import { decodedPart } from '../web/path-part.ts';
import { troublePage } from '../web/trouble-page.ts';
import type { OpenSession } from './open-session.ts';
import { SESSION_TEXTS } from './session-texts.ts';

type Route = (request: Request, subject: string, open: OpenSession) => Promise<Response>;

const ROUTES: Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly run: Route }>> = {
  login: { method: 'GET', run: signIn },
  callback: { method: 'GET', run: comeBack },
  logout: { method: 'POST', run: signOut },
  session: { method: 'GET', run: whoIsSignedIn },
};

/**
 * The browser's side of cookie mode. Whatever goes wrong is a page or a problem, and no cookie changes: it never throws,
 * since a promise that nobody waits for would end the application's process.
 */
export async function handle(
  request: Request,
  open: () => Promise<OpenSession>,
  log: Logger | undefined,
): Promise<Response> {
  try {
    return await answer(request, await open());
  } catch (error) {
    log?.error({ err: error }, 'a request to the sign-in routes failed');
    return troublePage(error instanceof KippuError && error.retryable ? 'not_now' : 'broken', request);
  }
}

async function answer(request: Request, open: OpenSession): Promise<Response> {
  const [route, below = '', ...rest] = segmentsBelow(request, open);
  const known = route !== undefined && Object.hasOwn(ROUTES, route) ? ROUTES[route] : undefined;
  const subject = decodedPart(below);
  if (known === undefined || subject === undefined || rest.length > 0)
    return new Response('Not found', { status: 404, headers: NOT_KEPT });
  // What a browser asks to see whether a link lives must not begin anything.
  if (request.method !== known.method)
    return new Response(null, { status: 405, headers: { ...NOT_KEPT, allow: known.method } });
  try {
    return await known.run(request, subject, open);
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    open.log.warn({ err: error, route }, 'a sign-in or sign-out could not go on');
    return errorPage(request, error);
  }
}

const NOT_KEPT = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' };

function segmentsBelow(request: Request, { base }: OpenSession): string[] {
  const { pathname } = new URL(request.url);
  return pathname.startsWith(`${base}/`) ? pathname.slice(base.length + 1).split('/') : [];
}

async function signIn(request: Request, provider: string, open: OpenSession): Promise<Response> {
  const { ports } = open;
  const app = requireProvider(provider, ports);
  const params = new URL(request.url).searchParams;
  const wish = { app, redirectUri: callbackUrl(app, open), returnUrl: keptReturnUrl(params, open), scopes: [] };
  const { url, setCookies } = await beginSignIn(request, wish, ports);
  return seeOther(url, setCookies);
}

async function comeBack(request: Request, provider: string, open: OpenSession): Promise<Response> {
  const { ports, log } = open;
  const params = new URL(request.url).searchParams;
  const end = await finishSignIn(request, { provider, params }, ports);
  open.tidy();
  if (end.kind === 'failed') {
    log.warn({ provider, failure: end.failure }, 'a sign-in failed');
    return failurePage(request, end, open);
  }
  return ports.rules.sameSite === 'strict' ? onwardPage(request, end) : seeOther(end.returnUrl, end.setCookies);
}

/** Below `logout`, the provider whose session ends; nothing: all of them. */
async function signOut(request: Request, below: string, { ports, ...open }: OpenSession): Promise<Response> {
  if (isForeign(request, ports.origin)) throw foreignSite();
  const app = below === '' ? undefined : requireProvider(below, ports);
  const setCookies = await endSessions(request, { provider: app?.provider.id }, ports);
  return seeOther(returnUrl(new URL(request.url).searchParams, open), setCookies);
}

async function whoIsSignedIn(request: Request, _: string, { ports }: OpenSession): Promise<Response> {
  const signedIn = sessionsIn(request, ports).map(({ session }) => ({
    provider: session.provider,
    subject: session.subject ?? null,
    handle: session.handle ?? null,
    scopes: session.scopes,
    signed_in_at: isoTime(session.signedInAtMs),
    access_expires_at: isoTime(session.accessExpiresAtMs),
    refresh_expires_at: isoTime(refreshEndOf(session)),
  }));
  return Response.json({ signed_in: signedIn }, { headers: { ...NOT_KEPT, 'x-content-type-options': 'nosniff' } });
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

function callbackUrl({ provider }: ProviderApp, { publicUrl, base }: OpenSession): string {
  return `${publicUrl.origin}${base}/callback/${provider.id}`;
}

/**
 * What a sign-in's cookies keep of it, percent-encoded as an address is. It leaves room below the 8 kB of header that many
 * servers take: for the rest of the sign-in, and for a session that is there already.
 */
const RETURN_BYTES_MAX = 3000;

function keptReturnUrl(params: URLSearchParams, open: OpenSession): string {
  const url = returnUrl(params, open);
  const bytes = url.length - open.publicUrl.origin.length;
  if (bytes <= RETURN_BYTES_MAX) return url;
  throw new KippuError(
    'invalid',
    `return_to is too long: it has ${bytes} bytes when it is encoded, and a sign-in keeps ${RETURN_BYTES_MAX}. Sign in from a page of this site with a shorter address.`,
    { where: 'return_to' },
  );
}

/**
 * A path of this site, and nothing that a browser would read as another one: `//elsewhere`, `/\elsewhere`, a whole
 * address, or one with a tab in it, which browsers leave out.
 */
function returnUrl(params: URLSearchParams, { publicUrl }: Pick<OpenSession, 'publicUrl'>): string {
  const wanted = params.get('return_to') ?? '/';
  const url = URL.canParse(wanted, publicUrl.origin) ? new URL(wanted, publicUrl.origin) : undefined;
  const isPath = wanted.startsWith('/') && !/^\/[/\\\t\r\n]/.test(wanted);
  if (isPath && url?.origin === publicUrl.origin) return url.href;
  throw new KippuError('invalid', 'return_to must be a path of this site, such as /account.', { where: 'return_to' });
}

function seeOther(url: string, setCookies: readonly string[]): Response {
  const headers = new Headers({ ...NOT_KEPT, location: url });
  for (const line of setCookies) headers.append('set-cookie', line);
  return new Response(null, { status: 303, headers });
}

/**
 * A redirect in a chain that another site began brings no `SameSite=Strict` cookie to its end: a page of our own, which
 * goes on by itself, does.
 */
function onwardPage(request: Request, end: Extract<SignInEnd, { kind: 'signed_in' }>): Response {
  const lang = languageOf(request);
  const texts = SESSION_TEXTS[lang];
  const body = html`<div class="card narrow"><h1>${texts.signedIn}</h1><p><a class="button main" href="${end.returnUrl}">${texts.goOn}</a></p></div>`;
  const response = page({ title: texts.signedIn, lang, body, headers: { refresh: `0; url=${end.returnUrl}` } });
  return withCookies(response, end.setCookies);
}

function failurePage(request: Request, end: Extract<SignInEnd, { kind: 'failed' }>, open: OpenSession): Response {
  const lang = languageOf(request);
  const texts = SESSION_TEXTS[lang];
  const body = html`<div class="card narrow"><h1>${texts.notSignedIn}</h1><p>${failureText(end.failure, lang)}</p><p class="soft">${end.detail}</p><p class="soft">${texts.nothingChanged}</p><p><a class="button" href="${end.returnUrl ?? `${open.publicUrl.origin}/`}">${texts.back}</a></p></div>`;
  const status = end.failure === 'denied' ? 200 : 400;
  return withCookies(page({ title: texts.notSignedIn, lang, body, status }), end.setCookies);
}

const STATUSES: Readonly<Partial<Record<KippuError['code'], number>>> = {
  not_found: 404,
  forbidden: 403,
  unavailable: 503,
  store_unavailable: 503,
};

function errorPage(request: Request, error: KippuError): Response {
  const lang = languageOf(request);
  const texts = SESSION_TEXTS[lang];
  const body = html`<div class="card narrow"><h1>${texts.notDone}</h1><p>${error.message}</p><p class="soft">${texts.nothingChanged}</p></div>`;
  return page({ title: texts.notDone, lang, body, status: STATUSES[error.code] ?? 400 });
}

function withCookies(response: Response, setCookies: readonly string[]): Response {
  for (const line of setCookies) response.headers.append('set-cookie', line);
  return response;
}
