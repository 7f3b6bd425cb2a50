import { DAY_MS } from '../../model/clock.ts';
import type { TakenDelivery } from '../../model/notice.ts';
import { readFacts } from '../facts.ts';
import type { Handover } from '../handover.ts';
import type { NoticePorts } from '../ports.ts';
import { composeMail } from './compose.ts';

/** A mail that was tried for days is still wanted; one that waited until mail was configured again would only confuse. */
const NEWS_FOR_MS = 7 * DAY_MS;

/** One attempt to mail an event to one recipient. */
export async function sendMail(taken: TakenDelivery, ports: NoticePorts): Promise<Handover> {
  const { mail, clock, publicUrl } = ports;
  if (mail === undefined) return { kind: 'not_now', status: undefined, error: 'no mail is configured here' };
  if (!mail.recipients.includes(taken.destination))
    return { kind: 'refused', status: undefined, error: 'KIPPU_MAIL_TO does not name this recipient any more' };
  if (clock.nowMs() - taken.event.atMs > NEWS_FOR_MS)
    return { kind: 'refused', status: undefined, error: `what it tells is older than ${NEWS_FOR_MS / DAY_MS} days` };
  const facts = await readFacts(taken.event, ports);
  return mail.transport.send(composeMail(facts, taken.destination, { ...mail, publicUrl, nowMs: clock.nowMs() }));
}
