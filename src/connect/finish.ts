import { assertNever } from '../model/assert-never.ts';
import { MINUTE_MS } from '../model/clock.ts';
import type { Consent } from '../model/consent-store.ts';
import { randomText } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import type { TokenSet } from '../model/token-set.ts';
import { readAuthorizationAnswer } from '../protocol/authorization-answer.ts';
import { classifyExchange } from '../protocol/classify.ts';
import { asksForIdToken, nonceOf } from '../protocol/id-token.ts';
import { writeTokens } from '../protocol/stored-tokens.ts';
import { sendAsClient } from '../protocol/signed-request.ts';
import { tokenRequest } from '../protocol/token-request.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { consentBinding, hashOf } from './begin.ts';
import { fail, type Failed, type Finished, type Refusal } from './ending.ts';
import { readKept } from './kept.ts';
import { settlePending } from './pending.ts';
import type { ConnectPorts, ConsentPorts } from './ports.ts';
import { putDown } from './put-down.ts';

/** How long the exchange's answer is listened for; the code itself lives half a minute at X. */
const EXCHANGE_TIMEOUT_MS = MINUTE_MS;
/** How long an application has to redeem what its user brought back, and the worker to learn whose account it is. */
const PENDING_LIFETIME_MS = 60 * MINUTE_MS;

/** The answer to a consent, as far as its tokens. */
export type Received = KeptConsent | Failed;

export interface KeptConsent {
  readonly kind: 'kept';
  readonly consent: Consent;
  /** For the application to redeem, where it is to say who may have the tokens. */
  readonly code: Secret | undefined;
}

export interface Callback {
  /** From the path `/callback/{provider}`: an answer that comes in at another provider's door is a mix-up. */
  readonly provider: string;
  readonly params: URLSearchParams;
  /** From the browser's cookie. */
  readonly browserSecret: Secret | undefined;
}

/**
 * What the provider sent the browser back with becomes a connection. Of two answers with the same state, one gets on;
 * an answer without the cookie of the browser that began is somebody else's and changes nothing.
 */
export async function finishConsent(callback: Callback, ports: ConnectPorts): Promise<Finished> {
  return settleKept(await receiveConsent(callback, ports), ports);
}

/** What {@link finishConsent} begins with: the tokens are here and safe, and nothing is settled about them. */
export async function receiveConsent(callback: Callback, ports: ConsentPorts): Promise<Received> {
  const state = callback.params.get('state') ?? '';
  const consent = state === '' ? undefined : await ports.consents.findByState(hashOf(state));
  const app = consent === undefined ? undefined : ports.apps.get(consent.providerAppId);
  if (consent === undefined || app === undefined || consent.provider !== callback.provider) {
    return {
      kind: 'failed',
      consent: undefined,
      failure: 'foreign',
      detail: 'nobody here asked for this consent, or it was started again since',
    };
  }
  const refusal = refusalOf(consent, callback, ports.clock.nowMs());
  if (refusal !== undefined) return { kind: 'failed', consent, ...refusal };
  if (!(await ports.consents.advance(consent.id, 'sent', { state: 'answered', answeredAtMs: ports.clock.nowMs() }))) {
    return { kind: 'failed', consent, failure: 'replayed', detail: 'this answer was used already' };
  }
  const answer = readAuthorizationAnswer(app, callback.params, new Secret(state));
  switch (answer.kind) {
    case 'denied':
      return fail(consent, { failure: 'denied', detail: `the consent was denied at ${app.provider.name}` }, ports);
    case 'mixed_up':
      return fail(consent, { failure: 'mixed_up', detail: answer.error }, ports);
    case 'refused':
      return fail(consent, { failure: 'provider_refused', detail: answer.error }, ports);
    case 'malformed':
      return fail(consent, { failure: 'unusable_answer', detail: answer.error }, ports);
    case 'code':
      return exchangeCode(consent, app, answer.code, ports);
    default:
      return assertNever(answer);
  }
}

function refusalOf(consent: Consent, { browserSecret }: Callback, nowMs: number): Refusal | undefined {
  if (consent.state !== 'sent') return { failure: 'replayed', detail: 'this answer was used already' };
  if (nowMs >= consent.expiresAtMs) return { failure: 'expired', detail: 'the consent took too long' };
  if (browserSecret === undefined || hashOf(browserSecret.reveal()) !== consent.browserHash) {
    return { failure: 'foreign', detail: 'this browser did not begin the consent' };
  }
  return undefined;
}

async function exchangeCode(consent: Consent, app: ProviderApp, code: Secret, ports: ConsentPorts): Promise<Received> {
  const { sealed, generation, redirectUri } = consent;
  if (sealed === undefined || generation === undefined)
    throw new TypeError('A consent that was sent holds no verifier.');
  const kept = readKept(ports.vault.open(consentBinding(consent, generation), sealed));
  const verifier = app.provider.pkce === 'S256' ? kept.verifier : undefined;
  const request = tokenRequest(app, { kind: 'authorization_code', code, redirectUri, verifier }, EXCHANGE_TIMEOUT_MS);
  const sentAtMs = ports.clock.nowMs();
  const answer = await sendAsClient(request, { app, proofKey: kept.proofKey }, ports);
  ports.faults.reach('consent.answered');
  const outcome = classifyExchange(answer, app.provider, sentAtMs);
  switch (outcome.kind) {
    case 'renewed':
      return keepPending(
        consent,
        'answered',
        {
          ...ofConsent(outcome.tokens, app, { redirectUri, sentAtMs, nonce: nonceSent(consent, app, kept.verifier) }),
          proofKey: kept.proofKey,
        },
        ports,
      );
    case 'code_refused':
    case 'rejected':
      return fail(consent, { failure: 'code_refused', detail: outcome.error }, ports);
    case 'misconfigured':
      return fail(consent, { failure: 'misconfigured', detail: outcome.error }, ports);
    case 'unusable':
      return putDown(consent, { app, ...outcome }, ports);
    case 'unavailable':
    case 'unanswered':
      return fail(consent, { failure: 'unanswered', detail: outcome.error }, ports);
    default:
      return assertNever(outcome);
  }
}

/** As the browser carried it: see `protocol/authorization-request.ts`. */
function nonceSent({ scopes }: Consent, { provider }: ProviderApp, verifier: Secret): string | undefined {
  return asksForIdToken(provider, scopes) ? nonceOf(verifier) : undefined;
}

interface ConsentFacts {
  readonly redirectUri: string;
  readonly sentAtMs: number;
  readonly nonce: string | undefined;
}

/** What only the consent knows of its tokens: its nonce, the callback that renewals name, and a first life that no answer states. */
function ofConsent(
  tokens: TokenSet,
  { provider }: ProviderApp,
  { redirectUri, sentAtMs, nonce }: ConsentFacts,
): TokenSet {
  const { shortLived } = provider.renewal ?? {};
  return {
    ...tokens,
    nonce,
    ...(provider.quirks.callbackAtRenewal === true ? { redirectUri } : {}),
    ...(shortLived === undefined
      ? {}
      : { accessExpiresAtMs: tokens.accessExpiresAtMs ?? sentAtMs + shortLived.lifetimeMs }),
  };
}

/** Durable before anything else is asked: a code works once. */
export async function keepPending(
  consent: Consent,
  from: 'answered' | 'waiting',
  tokens: TokenSet,
  ports: ConsentPorts,
): Promise<KeptConsent> {
  const generation = randomText(ports.random, 12);
  const code = consent.returnUrl === undefined ? undefined : new Secret(randomText(ports.random, 32));
  const changes = {
    state: 'pending',
    sealed: ports.vault.seal(consentBinding(consent, generation), writeTokens(tokens)),
    generation,
    redeemHash: code === undefined ? undefined : hashOf(code.reveal()),
    expiresAtMs: ports.clock.nowMs() + PENDING_LIFETIME_MS,
    answeredAtMs: consent.answeredAtMs ?? ports.clock.nowMs(),
    askAfterMs: undefined,
  } as const;
  await ports.consents.advance(consent.id, from, changes);
  ports.faults.reach('consent.stored');
  const pending: Consent = { ...consent, ...changes };
  return { kind: 'kept', consent: pending, code };
}

/** Settles at once what no application is to redeem. */
export async function settleKept(received: Received, ports: ConnectPorts): Promise<Finished> {
  if (received.kind === 'failed') return received;
  const { consent, code } = received;
  return code === undefined ? settlePending(consent, ports) : { kind: 'to_redeem', consent, code };
}
