import type { Consent, ConsentFailure } from '../model/consent-store.ts';
import { KippuError } from '../model/errors.ts';
import type { ConsentId } from '../model/ids.ts';
import { randomText } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import {
  authorizationParams,
  authorizationUrl,
  pushedUrl,
  type AuthorizationRequest,
} from '../protocol/authorization-request.ts';
import { newProofKey, thumbprintOf } from '../protocol/dpop.ts';
import { newVerifier } from '../protocol/pkce.ts';
import { pushedRequest, readPushedAnswer, type PushedAnswer } from '../protocol/pushed-request.ts';
import { sendAsClient } from '../protocol/signed-request.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { consentBinding, hashOf } from './begin.ts';
import { writeKept, type Kept } from './kept.ts';
import type { ConsentPorts } from './ports.ts';

export interface Departure {
  /** The provider's consent page. */
  readonly url: string;
  /** The same with the whole request in it, also where the browser carries nothing of it. */
  readonly asked: string;
  /** Where the request was sent ahead to (RFC 9126). Absent: the browser carries it. */
  readonly pushedTo: string | undefined;
  /** For a cookie of this browser alone: only with it is the provider's answer accepted. */
  readonly browserSecret: Secret;
}

/**
 * Sends the browser that opened the link to the provider, and binds the consent to it. Opening the link again in the
 * same browser begins anew; in another one it is refused. A request that the provider wants pushed is pushed first, and
 * where that fails, the consent has failed with it: nothing is left waiting.
 *
 * Throws `not_found`, `consent_failed`, `misconfigured`, `unavailable`.
 */
export async function sendBrowser(
  id: ConsentId,
  browserSecret: Secret | undefined,
  ports: ConsentPorts,
): Promise<Departure> {
  const { consent, app } = await openedLink(id, browserSecret, ports);
  const { dpop } = app.provider;
  const kept: Kept = {
    verifier: newVerifier(ports.random),
    proofKey: dpop === undefined ? undefined : await newProofKey(dpop),
  };
  const state = new Secret(randomText(ports.random, 32));
  const request: AuthorizationRequest = {
    scopes: consent.scopes,
    redirectUri: consent.redirectUri,
    state,
    verifier: kept.verifier,
    proofThumbprint: kept.proofKey === undefined ? undefined : await thumbprintOf(kept.proofKey),
  };
  const url = await addressFor(consent, app, request, ports);
  const secret = new Secret(randomText(ports.random, 32));
  const generation = randomText(ports.random, 12);
  const isMoved = await ports.consents.advance(id, consent.state, {
    state: 'sent',
    stateHash: hashOf(state.reveal()),
    browserHash: hashOf(secret.reveal()),
    sealed: ports.vault.seal(consentBinding(consent, generation), writeKept(kept)),
    generation,
  });
  if (!isMoved)
    throw new KippuError('consent_failed', 'This connect link is being used by another browser. Start again.');
  ports.faults.reach('consent.sent');
  return {
    url,
    asked: authorizationUrl(app, request),
    pushedTo: app.endpoints.pushedAuthorization,
    browserSecret: secret,
  };
}

/** The consent behind a link that this browser may open. */
async function openedLink(
  id: ConsentId,
  browserSecret: Secret | undefined,
  ports: ConsentPorts,
): Promise<{ readonly consent: Consent; readonly app: ProviderApp }> {
  const consent = await ports.consents.find(id);
  const app = consent === undefined ? undefined : ports.apps.get(consent.providerAppId);
  if (consent === undefined || app === undefined)
    throw new KippuError('not_found', 'There is no such connect link. Start again.');
  if (ports.clock.nowMs() >= consent.expiresAtMs)
    throw new KippuError('consent_failed', 'This connect link is too old. Start again.');
  const isSameBrowser = browserSecret !== undefined && hashOf(browserSecret.reveal()) === consent.browserHash;
  if (consent.state !== 'begun' && !(consent.state === 'sent' && isSameBrowser)) {
    throw new KippuError(
      'consent_failed',
      'This connect link was used already. Each works once, in one browser: start again.',
    );
  }
  return { consent, app };
}

/** Where the browser goes: with the request, or with the name that the provider gave to it (RFC 9126). */
async function addressFor(
  consent: Consent,
  app: ProviderApp,
  request: AuthorizationRequest,
  ports: ConsentPorts,
): Promise<string> {
  const push = pushedRequest(app, authorizationParams(app, request));
  if (push === undefined) return authorizationUrl(app, request);
  const answer = await sendAsClient(push, { app, proofKey: undefined }, ports);
  const pushed = readPushedAnswer(answer, app, ports.clock.nowMs());
  if (pushed.kind === 'pushed') return pushedUrl(app, pushed.requestUri);
  const { failure, error } = refusal(pushed, app);
  await ports.consents.advance(consent.id, consent.state, {
    state: 'failed',
    failure,
    failureDetail: error.message,
    sealed: undefined,
    generation: undefined,
  });
  throw error;
}

function refusal(
  { kind, error }: Exclude<PushedAnswer, { kind: 'pushed' }>,
  { provider }: ProviderApp,
): { readonly failure: ConsentFailure; readonly error: KippuError } {
  const what = `${provider.name} did not take the authorization request that was sent ahead: ${error}.`;
  switch (kind) {
    case 'misconfigured':
      return {
        failure: 'misconfigured',
        error: new KippuError(
          'misconfigured',
          `${what} Look at the app's client id, its secret or key, and its callback address.`,
        ),
      };
    case 'refused':
      return {
        failure: 'provider_refused',
        error: new KippuError(
          'consent_failed',
          `${what} Look at the scopes and the callback address that are asked for.`,
        ),
      };
    case 'unavailable':
      return { failure: 'unanswered', error: new KippuError('unavailable', `${what} Connect again in a while.`) };
  }
}
