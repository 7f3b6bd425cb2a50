import { randomText } from '../../model/random.ts';
import type { SimEvent } from '../events.ts';
import { FEATURES } from '../features.ts';
import { hashOf, isHandle, newCodeText, userOf } from '../names.ts';
import { consentPage, problemPage } from '../pages/consent-page.ts';
import { QUIRKS, sideOf } from '../quirks.ts';
import type { AuthorizationRequest } from '../state.ts';
import { formOf, queryOf, redirectReply, type SimRequest } from '../wire.ts';
import { justReply, type Decision, type World } from '../world.ts';
import { issuerOf } from './addresses.ts';
import { withParameters } from './authorization-request.ts';
import { requestBehind } from './pushed-requests.ts';

/** Nobody guesses it, so nobody submits the page's form in somebody else's browser. */
const CONSENT_ID_BYTES = 18;

/** `GET` of the authorization endpoint: the page on which somebody allows or denies. */
export function answerAuthorization(world: World, request: SimRequest): Decision {
  const read = requestBehind(world, queryOf(request.url));
  if (read.kind === 'untrusted') return justReply(problemPage(world, read.problem));
  if (read.kind === 'redirected') return justReply(redirectReply(read.location));
  const consent = { id: randomText(world.random, CONSENT_ID_BYTES), openedAtMs: world.nowMs, request: read.request };
  return { events: [{ kind: 'consent_opened', consent }], reply: consentPage(world, consent) };
}

/**
 * The page's form: `consent` (the one-time id from its hidden field, without which nobody can submit the form in
 * somebody else's name), `user` or `handle`, and `decision`.
 */
export function answerConsentForm(world: World, request: SimRequest): Decision {
  const form = formOf(request) ?? new URLSearchParams();
  const consent = world.state.consents.get(form.get('consent') ?? '');
  if (consent === undefined) {
    return justReply(
      problemPage(world, 'This page was already used, or is too old. Go back to the app and connect again.'),
    );
  }
  const typed = (form.get('handle') ?? '').trim().replace(/^@/, '');
  const handle = typed === '' ? (form.get('user') ?? '') : typed;
  if (form.get('decision') === 'allow' && !isHandle(handle)) {
    return justReply(
      problemPage(world, 'A handle has 1 to 15 letters, digits or underscores. Go back and choose another.'),
    );
  }
  const decided = decideConsent(world, consent.request, {
    handle,
    isAllowed: form.get('decision') === 'allow',
    issuer: issuerOf(world),
  });
  return {
    events: [{ kind: 'consent_closed', consentId: consent.id }, ...decided.events],
    reply: redirectReply(decided.location),
  };
}

export interface ConsentChoice {
  readonly handle: string;
  readonly isAllowed: boolean;
  /** As the browser's address names this server. */
  readonly issuer: string;
}

/** What becomes of a consent, and where the browser goes then. */
export function decideConsent(
  world: World,
  request: AuthorizationRequest,
  choice: ConsentChoice,
): { readonly events: readonly SimEvent[]; readonly location: string } {
  const { redirectUri, state } = request;
  // RFC 9207, section 2.
  const iss = FEATURES.authorizationResponseIssuer(world.provider) ? choice.issuer : undefined;
  if (!choice.isAllowed)
    return { events: [], location: withParameters(redirectUri, { error: 'access_denied', state, iss }) };
  const user = userOf(choice.handle);
  const text = newCodeText(world.random);
  const code = { hash: hashOf(text), userId: user.id, request, issuedAtMs: world.nowMs, spentAtMs: undefined };
  const isNew = !world.state.users.has(user.id);
  return {
    events: [...(isNew ? [{ kind: 'user_met', user } as const] : []), { kind: 'code_issued', code }],
    location:
      withParameters(redirectUri, { state, code: text, iss }) +
      QUIRKS.codeEndsInFragment[sideOf(world.provider, 'codeEndsInFragment')],
  };
}
