import { consentBinding } from '../connect/begin.ts';
import { SECOND_MS } from '../model/clock.ts';
import type { Consent, ConsentFailure } from '../model/consent-store.ts';
import type { ConsentId } from '../model/ids.ts';
import { randomText } from '../model/random.ts';
import type { SessionPorts } from './ports.ts';
import { readSession, writeSession, type SignedIn } from './signed-in.ts';

/*
 * A provider's answer works once: the code in it is dead when it was exchanged, and a provider that sees it again should
 * end what it gave for it (RFC 6749, section 4.1.2). Browsers send it twice all the same: a double click, a retry, a
 * prefetch.
 *
 * So a sign-in, which lies in its browser's cookie until then, is entered where all processes see it when its answer
 * comes, and goes on from there: `sent` → `answered` (one request has it, and exchanges the code) → `pending` (the tokens
 * are safe) → `attached` (the session is there, sealed), or `failed`. Whoever brings the same cookie and
 * answer waits for that end, and makes the same cookies of it.
 */

/** How long a request waits for the one that has the answer. */
const WAIT_MAX_MS = 30 * SECOND_MS;
/** Who has the tokens only asks whose they are: when that takes so long, another one asks too. */
const TAKE_OVER_MS = 5 * SECOND_MS;
/** After this, nobody listens for the answer to a code any more: whoever had it is gone. */
const EXCHANGE_MAX_MS = 90 * SECOND_MS;
const GENERATION_BYTES = 12;
const LOOK_MIN_MS = 20;
const LOOK_MAX_MS = 250;

/** Enters a sign-in, unless another request has. */
export async function enterAnswered(consent: Consent, { consents }: SessionPorts): Promise<void> {
  if ((await consents.find(consent.id)) !== undefined) return;
  try {
    await consents.create(consent);
  } catch (error) {
    // Another request was faster by a moment.
    if ((await consents.find(consent.id)) === undefined) throw error;
  }
}

/** What an answer ended in. */
export type AnswerEnd =
  | { readonly kind: 'session'; readonly session: SignedIn }
  | { readonly kind: 'failed'; readonly failure: ConsentFailure; readonly detail: string };

/** Writes down what it ended in. `false`: another request has. */
export function keepEnd(consent: Consent, end: AnswerEnd, { consents, vault, random }: SessionPorts): Promise<boolean> {
  if (end.kind === 'failed') {
    const { failure, detail: failureDetail } = end;
    const changes = { state: 'failed', failure, failureDetail, sealed: undefined, generation: undefined } as const;
    return consents.advance(consent.id, 'pending', changes);
  }
  const generation = randomText(random, GENERATION_BYTES);
  const sealed = vault.seal(consentBinding(consent, generation), writeSession(end.session));
  const changes = { state: 'attached', attachedTo: end.session.id, sealed, generation } as const;
  return consents.advance(consent.id, 'pending', changes);
}

/**
 * Waits until the request that has the answer is done with it. `pending`: it has the tokens and does not get on, so that
 * they are for whoever comes. `answered`: it was not done in time. Nothing: it is forgotten.
 */
export async function endOfOther(id: ConsentId, { consents, clock }: SessionPorts): Promise<Consent | undefined> {
  const beganMs = clock.monotonicMs();
  let pendingSinceMs: number | undefined;
  for (let lookMs = LOOK_MIN_MS; ; lookMs = Math.min(lookMs * 2, LOOK_MAX_MS)) {
    const seen = await consents.find(id);
    const nowMs = clock.monotonicMs();
    if (seen?.state === 'pending') pendingSinceMs ??= nowMs;
    const isStuck = pendingSinceMs !== undefined && nowMs - pendingSinceMs >= TAKE_OVER_MS;
    if (isStuck || nowMs - beganMs >= WAIT_MAX_MS || isDone(seen, clock.nowMs())) return seen;
    await clock.sleep(lookMs);
  }
}

function isDone(consent: Consent | undefined, nowMs: number): boolean {
  if (consent?.state !== 'answered') return consent?.state !== 'pending';
  return nowMs - (consent.answeredAtMs ?? nowMs) >= EXCHANGE_MAX_MS;
}

/** The session that an answer brought, as the request that had it made it. Throws `unreadable`. */
export function sessionKeptFor(consent: Consent, { vault }: SessionPorts): SignedIn {
  const { attachedTo, sealed, generation } = consent;
  if (attachedTo === undefined || sealed === undefined || generation === undefined)
    throw new TypeError('A sign-in that is done holds no session.');
  return readSession(attachedTo, vault.open(consentBinding(consent, generation), sealed));
}
