import { SECOND_MS } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import type { HttpAnswer } from '../../model/http.ts';
import type { WebhookId } from '../../model/ids.ts';
import type { TakenDelivery, Webhook } from '../../model/notice.ts';
import { readFacts } from '../facts.ts';
import type { Handover } from '../handover.ts';
import type { NoticePorts } from '../ports.ts';
import { eventBody, signedMessage, type SignedMessage } from './message.ts';
import { signingSecrets } from './secrets.ts';

const CONNECT_TIMEOUT_MS = 10 * SECOND_MS;
const ANSWER_TIMEOUT_MS = 15 * SECOND_MS;
/** What a receiver answers is not read; this much of it is let in. */
const ANSWER_BYTES_MAX = 16 * 1024;

/** One attempt to bring an event to a webhook. Whatever goes wrong is the answer. */
export async function postToWebhook(taken: TakenDelivery, ports: NoticePorts): Promise<Handover> {
  const webhook = await ports.notices.webhook(taken.destination as WebhookId);
  if (webhook === undefined) return { kind: 'refused', status: undefined, error: 'the webhook was removed' };
  if (webhook.disabled !== undefined) return { kind: 'refused', status: undefined, error: 'the webhook was disabled' };
  const body = eventBody(await readFacts(taken.event, ports));
  return postSigned({ id: taken.event.id, body }, webhook, ports, () => mayStillSend(taken, ports));
}

/** A paused process finds here that somebody else may have the delivery by now. */
function mayStillSend({ takenUntilMs }: TakenDelivery, { clock }: NoticePorts): boolean {
  return clock.nowMs() + ANSWER_TIMEOUT_MS < takenUntilMs;
}

/** Signs with the webhook's own secrets and sends once. */
export async function postSigned(
  content: { readonly id: string; readonly body: string },
  webhook: Webhook,
  { vault, http, clock, addresses }: Pick<NoticePorts, 'vault' | 'http' | 'clock' | 'addresses'>,
  mayStillSend: () => boolean = () => true,
): Promise<Handover> {
  const nowMs = clock.nowMs();
  let url: URL;
  let message: SignedMessage;
  try {
    url = addresses.check(webhook.url);
    message = signedMessage(content, signingSecrets(webhook, vault, nowMs), nowMs);
  } catch (error) {
    // What was allowed, or could be opened, when the webhook was made may not be now: it can be put right.
    if (error instanceof KippuError) return { kind: 'not_now', status: undefined, error: error.message };
    throw error;
  }
  const answer = await http.send(
    {
      method: 'POST',
      url: webhook.url,
      ...message,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      bodyBytesMax: ANSWER_BYTES_MAX,
    },
    { mayConnectTo: (address) => addresses.mayConnect(url, address), mayStillSend },
  );
  return handoverOf(answer, nowMs);
}

/** 2xx is success, 410 the end; all else is tried again, redirects included: the URL is to be changed instead. */
export function handoverOf(answer: HttpAnswer, nowMs: number): Handover {
  if (answer.kind !== 'answered') return { kind: 'not_now', status: undefined, error: answer.detail };
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  if (status === 410) return { kind: 'gone', status, error: 'the receiver answered 410 Gone' };
  const retryAfterMs = readRetryAfter(answer.headers['retry-after'], nowMs);
  const error =
    status >= 300 && status < 400 ? `a redirect (${status}) is not followed` : `the receiver answered ${status}`;
  return { kind: 'not_now', status, error, retryAfterMs };
}

/** Seconds, or an HTTP date (RFC 9110, section 10.2.3). What is neither counts as not said. */
function readRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * SECOND_MS;
  const atMs = Date.parse(text);
  return Number.isFinite(atMs) ? Math.max(0, atMs - nowMs) : undefined;
}
