import { hashOf, newConsent } from '../connect/begin.ts';
import { sendBrowser, type Departure } from '../connect/depart.ts';
import { receiveConsent } from '../connect/finish.ts';
import { identityOf, openPending, revokeTokens } from '../connect/pending.ts';
import type { Consent, ConsentFailure } from '../model/consent-store.ts';
import { KippuError } from '../model/errors.ts';
import { newId } from '../model/ids.ts';
import type { TokenSet } from '../model/token-set.ts';
import { grantEndsOf } from '../protocol/stored-tokens.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { factsOf, keptPart, linesFor } from './access.ts';
import { ConsentCookies, dropSignIn, keepSignIn, signInsIn } from './consent-cookies.ts';
import { baseName, clearLines, cookiesOf } from './cookie-jar.ts';
import { sessionsIn } from './find.ts';
import type { RequestFacts, SessionPorts } from './ports.ts';
import type { SignedIn } from './signed-in.ts';

export interface SignInWish {
  readonly app: ProviderApp;
  readonly redirectUri: string;
  /** Where the browser goes when it is signed in, on this site. */
  readonly returnUrl: string;
  readonly scopes: readonly string[];
}

export interface SentAway {
  /** The provider's consent page. */
  readonly url: string;
  readonly setCookies: readonly string[];
}

/**
 * Sends a browser to the provider, with what it needs to come back in a cookie of its own.
 *
 * Throws `misconfigured`, `unavailable`, `consent_failed`.
 */
export async function beginSignIn(request: RequestFacts, wish: SignInWish, ports: SessionPorts): Promise<SentAway> {
  const { app, redirectUri, returnUrl, scopes: chosen } = wish;
  const consents = new ConsentCookies();
  const scopes = { chosen, offline: ports.renewals !== undefined };
  const fresh = { app, owner: 'session', scopes, name: undefined, connectionId: undefined, redirectUri, returnUrl };
  const begun = newConsent(fresh, ports);
  await consents.create(begun);
  const departure: Departure = await sendBrowser(begun.id, undefined, { ...ports, consents });
  const consent = await consents.find(begun.id);
  if (consent === undefined) throw new TypeError('A sign-in that was just begun is not there.');
  const { browserSecret } = departure;
  return { url: departure.url, setCookies: keepSignIn({ consent, browserSecret }, cookiesOf(request.headers), ports) };
}

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
 * Takes the browser back. Only the one that was sent away has the cookie, so an answer that was sent to somebody else, or
 * comes a second time, changes nothing. Every sign-in is a new session; the browser's earlier one at this provider ends.
 */
export async function finishSignIn(
  request: RequestFacts,
  answer: { readonly provider: string; readonly params: URLSearchParams },
  ports: SessionPorts,
): Promise<SignInEnd> {
  const cookies = cookiesOf(request.headers);
  const consents = new ConsentCookies();
  const begun = signInsIn(cookies, ports);
  for (const { consent } of begun) await consents.create(consent);
  const own = await consents.findByState(hashOf(answer.params.get('state') ?? ''));
  const browserSecret = begun.find(({ consent }) => consent.id === own?.id)?.browserSecret;
  const received = await receiveConsent({ ...answer, browserSecret }, { ...ports, consents });
  if (received.kind === 'failed') return failed(received, own, ports);
  const app = ports.apps.get(received.consent.providerAppId);
  if (app === undefined) throw new TypeError('A consent was received for an app that is not configured.');
  return settle(request, { consent: received.consent, app }, ports);
}

interface Answered {
  readonly consent: Consent;
  readonly app: ProviderApp;
}

async function settle(request: RequestFacts, { consent, app }: Answered, ports: SessionPorts): Promise<SignInEnd> {
  const tokens = openPending(consent, ports);
  const identity = await identityOf(tokens, app, ports);
  switch (identity.kind) {
    case 'id_token_invalid':
      await revokeTokens(app, tokens, ports);
      return failed({ failure: 'id_token_invalid', detail: identity.reason }, consent, ports);
    case 'token_refused':
      return failed(
        {
          failure: 'provider_refused',
          detail: `${app.provider.name} does not accept the access token it has just issued`,
        },
        consent,
        ports,
      );
    case 'unknown':
      await revokeTokens(app, tokens, ports);
      return failed(
        { failure: 'unanswered', detail: `${app.provider.name} did not say whose account it is: ${identity.error}` },
        consent,
        ports,
      );
    case 'known':
    case 'nameless':
      return signedIn(
        request,
        { consent, app, tokens, identity: identity.kind === 'known' ? identity : undefined },
        ports,
      );
  }
}

interface NewSession extends Answered {
  readonly tokens: TokenSet;
  readonly identity: { readonly subject: string; readonly handle: string } | undefined;
}

async function signedIn(request: RequestFacts, fresh: NewSession, ports: SessionPorts): Promise<SignInEnd> {
  const { consent, app } = fresh;
  const session = sessionOf(fresh, ports);
  const lines = linesFor(baseName(app.provider.id, session.id, ports.rules), session, app, request, ports);
  // After the lines: a session that fits into no cookies must not cost the one that is there.
  const ended = await endSessions(request, app.provider.id, ports);
  return {
    kind: 'signed_in',
    session,
    returnUrl: returnUrlOf(consent),
    setCookies: [...ended, dropSignIn(consent, ports.rules), ...lines],
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

/**
 * Ends the browser's sessions at a provider, or all of them, and gives the lines that clear their cookies. A renewal
 * that is under way for one of them brings nothing back: what arrives is revoked.
 */
export async function endSessions(
  request: RequestFacts,
  provider: string | undefined,
  ports: SessionPorts,
): Promise<string[]> {
  const cookies = cookiesOf(request.headers);
  const own = sessionsIn(request, ports).filter(({ group }) => provider === undefined || group.provider === provider);
  for (const { session } of own) await ports.renewals?.sessions.end(factsOf(session));
  return own.flatMap(({ group }) => clearLines(group, cookies, ports.rules));
}

function failed(
  { failure, detail }: { readonly failure: ConsentFailure; readonly detail: string },
  consent: Consent | undefined,
  { rules }: SessionPorts,
): SignInEnd {
  const setCookies = consent === undefined ? [] : [dropSignIn(consent, rules)];
  return { kind: 'failed', failure, detail, returnUrl: consent?.returnUrl, setCookies };
}

function returnUrlOf({ returnUrl }: Consent): string {
  if (returnUrl === undefined) throw new KippuError('internal', 'A sign-in does not know where it goes.');
  return returnUrl;
}
