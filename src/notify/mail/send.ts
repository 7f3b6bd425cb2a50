import type { TakenDelivery } from '../../model/notice.ts';
import { readFacts } from '../facts.ts';
import type { Handover } from '../handover.ts';
import type { NoticePorts } from '../ports.ts';
import { composeMail } from './compose.ts';

/** One attempt to mail an event to one recipient. */
export async function sendMail(taken: TakenDelivery, ports: NoticePorts): Promise<Handover> {
  const { mail, clock, publicUrl } = ports;
  if (mail === undefined) return { kind: 'not_now', status: undefined, error: 'no mail is configured here' };
  if (!mail.recipients.includes(taken.destination))
    return { kind: 'refused', status: undefined, error: 'KIPPU_MAIL_TO does not name this recipient any more' };
  const facts = await readFacts(taken.event, ports);
  return mail.transport.send(composeMail(facts, taken.destination, { ...mail, publicUrl, nowMs: clock.nowMs() }));
}
