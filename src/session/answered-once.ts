import { SECOND_MS } from '../model/clock.ts';
import type { Consent } from '../model/consent-store.ts';
import type { ConsentId } from '../model/ids.ts';
import { baseName } from './cookie-jar.ts';
import type { SessionPorts } from './ports.ts';
import type { SignedIn } from './signed-in.ts';

/*
 * A provider's answer works once: the code in it is dead when it was exchanged, and a provider that sees it again should
 * end what it gave for it (RFC 6749, section 4.1.2). Browsers send it twice all the same: a double click, a retry, a
 * prefetch.
 *
 * So a sign-in, which lies in its browser's cookie until then, is entered where all processes see it when its answer
 * comes, and goes on from there: `sent` → `answered` (one request has it, and exchanges the code) → `pending` (the tokens
 * are safe) → `attached` (the session is there, sealed as in its cookies), or `failed`. Whoever brings the same cookie and
 * answer waits for that end, and makes the same cookies of it.
 */

/** How long a request waits for the one that has the answer. */
const WAIT_MAX_MS = 30 * SECOND_MS;
/** Who has the tokens only asks whose they are: when that takes so long, another one asks too. */
const TAKE_OVER_MS = 5 * SECOND_MS;
/** After this, nobody listens for the answer to a code any more: whoever had it is gone. */
const EXCHANGE_MAX_MS = 90 * SECOND_MS;
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

/** Writes down what it ended in. `false`: another request has. */
export function keepEnd(
  { id }: Consent,
  end:
    | { readonly state: 'attached'; readonly attachedTo: SignedIn['id']; readonly sealed: Uint8Array }
    | (Pick<Consent, 'failure' | 'failureDetail'> & { readonly state: 'failed'; readonly sealed: undefined }),
  { consents }: SessionPorts,
): Promise<boolean> {
  return consents.advance(id, 'pending', { ...end, generation: undefined });
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
export function sessionKeptFor({ provider, attachedTo: id, sealed }: Consent, ports: SessionPorts): SignedIn {
  if (id === undefined || sealed === undefined) throw new TypeError('A sign-in that is done holds no session.');
  return ports.cookies.open({ base: baseName(provider, id, ports.rules), provider, id, sealed }).session;
}
