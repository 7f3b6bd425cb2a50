import type { Handover } from '../handover.ts';
import type { MailLanguage } from './letter.ts';

/** A mail that is ready to be sent to one recipient. */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly messageId: string;
  readonly atMs: number;
  readonly language: MailLanguage;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The way out for mails, as a port. */
export interface MailTransport {
  /** Hands one mail over, once. Never throws for what the server does: that is the answer. */
  send(mail: Mail): Promise<Handover>;
  /** Connects and signs in without sending anything. `undefined`: all is well; else what is not, in words. */
  verify(): Promise<string | undefined>;
}
