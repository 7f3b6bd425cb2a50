import { assertNever } from '../../model/assert-never.ts';
import { KippuError } from '../../model/errors.ts';
import type { Connection } from '../../model/connection.ts';
import { hasIdForm, type ConnectionId } from '../../model/ids.ts';
import { sendBrowser } from '../../connect/depart.ts';
import type { Finished } from '../../connect/ending.ts';
import { finishConsent } from '../../connect/finish.ts';
import { beginConnect, callbackUrl } from '../connecting.ts';
import { findConnection } from '../find-connection.ts';
import type { App } from '../open.ts';
import { CONNECT_TEXTS, failureText } from './connect-texts.ts';
import { clearCookie, readCookie, setCookie } from './cookies.ts';
import { refreshNeedLines } from './refresh-needs.ts';
import { html, languageOf, page, redirect, type Html } from './page.ts';
import { decodedPart } from './path-part.ts';

const COOKIE = 'kippu-connect';
const COOKIE_LIFETIME_S = 15 * 60;

/**
 * The browser's side of connecting, as a web-standard handler: `/connect/{session}` sends it to the provider,
 * `/callback/{provider}` takes it back, `/reconnect/{connection}` begins a new consent for a connection that there is.
 * `undefined`: the path is none of these.
 */
export async function handleConnect(request: Request, app: App): Promise<Response | undefined> {
  const path = pathOf(request, app.options.publicUrl);
  const match = /^\/(connect|callback|reconnect)\/([^/]+)$/.exec(path);
  if (match === null) return undefined;
  if (request.method !== 'GET') return new Response(null, { status: 405, headers: { allow: 'GET' } });
  const [, route, part = ''] = match;
  const subject = decodedPart(part);
  if (subject === undefined) return undefined;
  try {
    if (route === 'connect') return await depart(subject, request, app);
    if (route === 'reconnect') return await reconnect(subject, app);
    return await comeBack(subject, request, app);
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    app.log.warn({ err: error, route }, 'a consent could not go on');
    return failurePage(request, error.message, error.code === 'not_found' ? 404 : 400);
  }
}

function pathOf(request: Request, publicUrl: string): string {
  const { pathname } = new URL(request.url);
  const base = new URL(publicUrl).pathname.replace(/\/$/, '');
  return base !== '' && pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname;
}

async function depart(id: string, request: Request, app: App): Promise<Response> {
  if (!hasIdForm('cns', id)) throw new KippuError('not_found', 'There is no such connect link. Start again.');
  const { publicUrl } = app.options;
  const departure = await sendBrowser(id, readCookie(request, COOKIE, publicUrl), app.connect);
  const { url, browserSecret } = departure;
  app.flows.departed(id, departure.asked, departure.pushedTo);
  return redirect(url, { 'set-cookie': setCookie(COOKIE, browserSecret, { publicUrl, maxAgeS: COOKIE_LIFETIME_S }) });
}

/** Anyone may begin; only the connection's own user can finish it. */
async function reconnect(idOrName: string, app: App): Promise<Response> {
  const connection = await findConnection(idOrName, app);
  const { url } = await beginConnect({ provider: connection.provider, connection: connection.id }, app);
  return redirect(url);
}

async function comeBack(provider: string, request: Request, app: App): Promise<Response> {
  const { publicUrl } = app.options;
  const params = new URL(request.url).searchParams;
  const tellEnd = app.flows.arrived(callbackUrl(provider, app), params);
  const finished = await finishConsent(
    { provider, params, browserSecret: readCookie(request, COOKIE, publicUrl) },
    app.connect,
  );
  tellEnd(finished);
  const isOurs = finished.kind !== 'failed' || finished.failure !== 'foreign';
  const headers: Record<string, string> = isOurs ? { 'set-cookie': clearCookie(COOKIE, publicUrl) } : {};
  if (finished.kind === 'connected') makeLasting(finished.connection.id, app);
  if (finished.kind === 'to_redeem') return redirect(returnTo(finished), headers);
  const { status, title, body } = arrival(finished, languageOf(request), app);
  return page({ title, lang: languageOf(request), body, status, headers });
}

/** What a consent brings may live for an hour, and is exchanged at once; for most providers there is nothing to do. */
function makeLasting(id: ConnectionId, { tokens, flights, log }: App): void {
  tokens.forget(id);
  flights.ask(id, { kind: 'ahead' }).catch((error: unknown) => {
    log.error({ err: error, connection: id }, 'a new connection could not be looked at; the worker tries again');
  });
}

/** The application gets the session's id and a one-time code, never a token. */
function returnTo({ consent, code }: Extract<Finished, { kind: 'to_redeem' }>): string {
  const url = new URL(consent.returnUrl ?? '');
  url.searchParams.set('kippu_session', consent.id);
  url.searchParams.set('kippu_code', code.reveal());
  return url.href;
}

interface Arrival {
  readonly status: number;
  readonly title: string;
  readonly body: Html;
}

function arrival(finished: Exclude<Finished, { kind: 'to_redeem' }>, lang: 'en' | 'ja', app: App): Arrival {
  const texts = CONNECT_TEXTS[lang];
  switch (finished.kind) {
    case 'connected': {
      const { connection } = finished;
      const ends = connection.hasRefreshToken ? undefined : endOf(connection, lang, app);
      return {
        status: 200,
        title: texts.connected,
        body: html`<div class="card narrow"><h1><span class="mark">切符</span> ${texts.connected}</h1><p><code>${connection.name}</code></p>${ends}<p class="soft">${texts.closeWindow}</p><p><a class="button" href="/">${texts.overview}</a></p></div>`,
      };
    }
    case 'pending':
      return {
        status: 202,
        title: texts.pending,
        body: html`<div class="card narrow"><h1>${texts.pending}</h1><p>${texts.pendingWhy}</p><p class="soft">${finished.error}</p></div>`,
      };
    case 'failed':
      return {
        status: finished.failure === 'denied' ? 200 : 400,
        title: texts.failed,
        body: html`<div class="card narrow"><h1>${texts.failed}</h1><p>${failureText(finished.failure, lang)}</p><p class="soft">${finished.detail}</p><p class="soft">${texts.nothingChanged}</p></div>`,
      };
    default:
      return assertNever(finished);
  }
}

/** Without a refresh token: when it ends, and what another consent would need to bring one. */
function endOf(connection: Connection, lang: 'en' | 'ja', { apps }: App): Html {
  const texts = CONNECT_TEXTS[lang];
  const provider = apps.get(connection.providerAppId)?.provider;
  const isEndless = connection.accessExpiresAtMs === undefined && provider?.access.whenMissing !== 'unknown';
  const needs = refreshNeedLines(provider?.refresh ?? {}, lang);
  const ends = needs.length === 0 ? texts.noRefreshToken : texts.endsWithAccess;
  return html`<p class="warn">${isEndless ? texts.neverEnds : ends}${needs.map((line) => html`<br>${line}`)}</p>`;
}

function failurePage(request: Request, message: string, status: number): Response {
  const lang = languageOf(request);
  const texts = CONNECT_TEXTS[lang];
  const body = html`<div class="card narrow"><h1>${texts.failed}</h1><p>${message}</p><p class="soft">${texts.nothingChanged}</p></div>`;
  return page({ title: texts.failed, lang, body, status });
}
