import { hashOf } from '../connect/begin.ts';
import { receiveConsent } from '../connect/finish.ts';
import { identityOf, openPending, revokeTokens } from '../connect/pending.ts';
import type { Consent, ConsentFailure } from '../model/consent-store.ts';
import { KippuError } from '../model/errors.ts';
import { newId } from '../model/ids.ts';
import type { TokenSet } from '../model/token-set.ts';
import { grantEndsOf } from '../protocol/stored-tokens.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { keptPart, linesFor } from './access.ts';
import { endOfOther, enterAnswered, keepEnd, sessionKeptFor } from './answered-once.ts';
import { dropSignIn, signInsIn, type KeptSignIn } from './consent-cookies.ts';
import { baseName, cookiesOf } from './cookie-jar.ts';
import { sessionsIn } from './find.ts';
import type { RequestFacts, SessionPorts } from './ports.ts';
import { endSessions, isOver } from './sign-out.ts';
import type { SignedIn } from './signed-in.ts';

export type SignInEnd =
  | {
      readonly kind: 'signed_in';
      readonly session: SignedIn;
      readonly returnUrl: string;
      readonly setCookies: readonly string[];
    }
  | {
      readonly kind: 'failed';
      readonly failure: ConsentFailure;
      readonly detail: string;
      readonly returnUrl: string | undefined;
      readonly setCookies: readonly string[];
    };

/**
 * Takes the browser back. Only the one that was sent away has the cookie, so an answer that was sent to somebody else
 * changes nothing. One that comes twice is taken once, and both times the same session is the end of it. Every sign-in is
 * a new session; the browser's earlier one at this provider ends.
 */
export async function finishSignIn(
  request: RequestFacts,
  answer: { readonly provider: string; readonly params: URLSearchParams },
  ports: SessionPorts,
): Promise<SignInEnd> {
  const stateHash = hashOf(answer.params.get('state') ?? '');
  const cookies = cookiesOf(request.headers);
  const begun = signInsIn(cookies, ports).find(({ consent }) => consent.stateHash === stateHash);
  const end = await endOf(request, { ...answer, stateHash, begun }, ports);
  if (begun === undefined) return end;
  return { ...end, setCookies: [...dropSignIn(begun.consent, cookies, ports.rules), ...end.setCookies] };
}

interface Brought {
  readonly provider: string;
  readonly params: URLSearchParams;
  readonly stateHash: string;
  /** What the browser has of it. */
  readonly begun: KeptSignIn | undefined;
}

async function endOf(
  request: RequestFacts,
  { stateHash, begun, ...answer }: Brought,
  ports: SessionPorts,
): Promise<SignInEnd> {
  if (begun === undefined) {
    const there = await signedInByIt(request, { stateHash, provider: answer.provider }, ports);
    if (there !== undefined) return there;
  } else await enterAnswered(begun.consent, ports);
  const received = await receiveConsent({ ...answer, browserSecret: begun?.browserSecret }, ports);
  if (received.kind === 'kept') return settle(request, received.consent, ports);
  if (begun !== undefined && received.failure === 'replayed') return endAsOther(request, begun.consent, ports);
  return failed(received, begun?.consent);
}

/** The browser has the session that this answer brought: it only asks again. */
async function signedInByIt(
  request: RequestFacts,
  { stateHash, provider }: { readonly stateHash: string; readonly provider: string },
  ports: SessionPorts,
): Promise<SignInEnd | undefined> {
  const done = await ports.consents.findByState(stateHash);
  if (done?.state !== 'attached' || done.provider !== provider) return undefined;
  const own = sessionsIn(request, ports).find(({ session }) => session.id === done.attachedTo);
  if (own === undefined || (await isOver(own.session.id, ports))) return undefined;
  return { kind: 'signed_in', session: own.session, returnUrl: returnUrlOf(done), setCookies: [] };
}

/** Another request has brought the same answer, and what it ends in is the end of this one. */
async function endAsOther(request: RequestFacts, own: Consent, ports: SessionPorts): Promise<SignInEnd> {
  const end = await endOfOther(own.id, ports);
  if (end?.state === 'pending') return settle(request, end, ports);
  if (end?.state === 'failed')
    return failed({ failure: end.failure ?? 'unanswered', detail: end.failureDetail ?? '' }, own);
  if (end?.state !== 'attached') {
    const detail = 'another request of this browser has brought the same answer, and was not done with it in time';
    return failed({ failure: 'unanswered', detail }, own);
  }
  const session = sessionKeptFor(end, ports);
  if (await isOver(session.id, ports))
    return failed({ failure: 'replayed', detail: 'this answer was used already' }, own);
  return welcome(request, { consent: end, session, app: appOf(end, ports) }, ports);
}

async function settle(request: RequestFacts, consent: Consent, ports: SessionPorts): Promise<SignInEnd> {
  const app = appOf(consent, ports);
  const tokens = openPending(consent, ports);
  const identity = await identityOf(tokens, app, ports);
  const { name } = app.provider;
  switch (identity.kind) {
    case 'id_token_invalid':
      return refused(request, { consent, app, tokens }, refusal('id_token_invalid', identity.reason), ports);
    case 'token_refused':
      return refused(
        request,
        { consent, app, tokens: undefined },
        refusal('provider_refused', `${name} does not accept the access token it has just issued`),
        ports,
      );
    case 'unknown':
      return refused(
        request,
        { consent, app, tokens },
        refusal('unanswered', `${name} did not say whose account it is: ${identity.error}`),
        ports,
      );
    case 'known':
    case 'nameless': {
      const known = identity.kind === 'known' ? identity : undefined;
      return signedIn(request, { consent, app, tokens, identity: known }, ports);
    }
  }
}

interface Refusal {
  readonly failure: ConsentFailure;
  readonly detail: string;
}

function refusal(failure: ConsentFailure, detail: string): Refusal {
  return { failure, detail };
}

interface Answered {
  readonly consent: Consent;
  readonly app: ProviderApp;
}

/** What came with the answer is given back, unless another request has made a session of it meanwhile. */
async function refused(
  request: RequestFacts,
  { consent, app, tokens }: Answered & { readonly tokens: TokenSet | undefined },
  why: Refusal,
  ports: SessionPorts,
): Promise<SignInEnd> {
  const isOurs = await keepEnd(consent, { kind: 'failed', ...why }, ports);
  if (!isOurs) return endAsOther(request, consent, ports);
  if (tokens !== undefined) await revokeTokens(app, tokens, ports);
  return failed(why, consent);
}

interface NewSession extends Answered {
  readonly tokens: TokenSet;
  readonly identity: { readonly subject: string; readonly handle: string } | undefined;
}

async function signedIn(request: RequestFacts, fresh: NewSession, ports: SessionPorts): Promise<SignInEnd> {
  const { consent, app, tokens } = fresh;
  const session = sessionOf(fresh, ports);
  const isOurs = await keepEnd(consent, { kind: 'session', session }, ports);
  if (!isOurs) return endAsOther(request, consent, ports);
  ports.faults.reach('consent.attached');
  try {
    return await welcome(request, { consent, app, session }, ports);
  } catch (error) {
    // Nobody would hold these tokens, and they would live on at the provider.
    if (error instanceof KippuError && error.code === 'too_large') await revokeTokens(app, tokens, ports);
    throw error;
  }
}

async function welcome(
  request: RequestFacts,
  { consent, app, session }: Answered & { readonly session: SignedIn },
  ports: SessionPorts,
): Promise<SignInEnd> {
  // Before anything ends: a session that fits into no cookies must not cost the one that is there.
  const lines = linesFor(baseName(app.provider.id, session.id, ports.rules), session, app, request, ports);
  const ended = await endSessions(request, { provider: app.provider.id, except: session.id }, ports);
  return {
    kind: 'signed_in',
    session,
    returnUrl: returnUrlOf(consent),
    setCookies: [...ended, ...lines],
  };
}

function sessionOf({ consent, app, tokens, identity }: NewSession, ports: SessionPorts): SignedIn {
  const nowMs = ports.clock.nowMs();
  const grantedAtMs = consent.answeredAtMs ?? nowMs;
  return keptPart(
    {
      id: newId('con', ports.random),
      provider: app.provider.id,
      appId: app.id,
      subject: identity?.subject,
      handle: identity?.handle,
      scopes: tokens.scopes ?? consent.scopes,
      signedInAtMs: nowMs,
      version: 1,
      accessIssuedAtMs: grantedAtMs,
      accessExpiresAtMs: tokens.accessExpiresAtMs,
      ...grantEndsOf(tokens, { app, restsOn: 'consent', keptRefreshToken: undefined, grantedAtMs, nowMs: grantedAtMs }),
      tokens,
    },
    ports,
  );
}

function failed({ failure, detail }: Refusal, consent: Consent | undefined): SignInEnd {
  return { kind: 'failed', failure, detail, returnUrl: consent?.returnUrl, setCookies: [] };
}

function returnUrlOf({ returnUrl }: Consent): string {
  if (returnUrl === undefined) throw new KippuError('internal', 'A sign-in does not know where it goes.');
  return returnUrl;
}

function appOf({ providerAppId }: Consent, { apps }: SessionPorts): ProviderApp {
  const app = apps.get(providerAppId);
  if (app === undefined) throw new TypeError('A consent was received for an app that is not configured.');
  return app;
}
