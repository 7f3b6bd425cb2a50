import type { Clock } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';
import { MAIL_LANGUAGES, type MailLanguage } from '../notify/mail/letter.ts';
import { parseSmtpUrl, smtpTransport, type SmtpServer } from '../notify/mail/smtp.ts';
import type { MailPorts } from '../notify/ports.ts';
import type { Setting } from './settings.ts';

/** Where mails go, parsed and checked once. */
export interface MailConfig {
  readonly server: SmtpServer;
  readonly from: string;
  readonly recipients: readonly string[];
  readonly language: MailLanguage;
}

interface MailSettings {
  readonly smtpUrl: Setting | undefined;
  readonly from: Setting | undefined;
  readonly to: Setting | undefined;
  readonly language: Setting | undefined;
  /** What is spoken where nothing is set. */
  readonly spoken: MailLanguage;
}

const ADDRESS = /^[^\s@<>,;"]+@[^\s@<>,;"]+$/;
const SENDER = /^(?:[^\r\n<>]*<([^<>]+)>|([^<>]+))$/;

/** `undefined`: nothing is mailed. Throws `invalid`, naming the variable that is wrong or missing. */
export function readMail({ smtpUrl, from, to, language, spoken }: MailSettings): MailConfig | undefined {
  if (smtpUrl === undefined && from === undefined && to === undefined) return undefined;
  if (smtpUrl === undefined) throw missing('KIPPU_SMTP_URL', 'the mail server, as in smtps://user:password@host');
  if (from === undefined) throw missing('KIPPU_MAIL_FROM', 'the sender, as in kippu@example.com');
  if (to === undefined) throw missing('KIPPU_MAIL_TO', 'the recipients, as in you@example.com');
  const sender = SENDER.exec(from.value.trim());
  if (!ADDRESS.test((sender?.[1] ?? sender?.[2] ?? '').trim()))
    throw invalid('KIPPU_MAIL_FROM', 'it is no mail address', 'kippu@example.com or Kippu <kippu@example.com>');
  const recipients = [...new Set(to.value.split(/[\s,]+/).filter((address) => address !== ''))];
  const wrong = recipients.find((address) => !ADDRESS.test(address));
  if (wrong !== undefined || recipients.length === 0)
    throw invalid('KIPPU_MAIL_TO', `"${wrong ?? ''}" is no mail address`, 'addresses alone, separated by commas');
  return {
    server: parseSmtpUrl(new Secret(smtpUrl.value)),
    from: from.value.trim(),
    recipients,
    language: languageOf(language) ?? spoken,
  };
}

/** E-mail notices of a program that uses the library. */
export interface MailOptions {
  /** As `KIPPU_SMTP_URL`: `smtps://user:password@host`. */
  readonly smtpUrl: string;
  readonly from: string;
  readonly to: readonly string[];
  /** Default English. */
  readonly language?: 'en' | 'ja' | undefined;
}

/** The same from a program's options. Throws what {@link readMail} throws. */
export function mailOfOptions({ smtpUrl, from, to, language }: MailOptions): MailConfig | undefined {
  const given = (value: string): Setting => ({ value, source: 'default' });
  return readMail({
    smtpUrl: given(smtpUrl),
    from: given(from),
    to: given(to.join(' ')),
    language: undefined,
    spoken: language ?? 'en',
  });
}

function languageOf(setting: Setting | undefined): MailLanguage | undefined {
  if (setting === undefined) return undefined;
  const known = MAIL_LANGUAGES.find((language) => language === setting.value.toLowerCase());
  if (known === undefined)
    throw invalid('KIPPU_MAIL_LANG', `"${setting.value}" is not known`, MAIL_LANGUAGES.join(', '));
  return known;
}

/** The way out for mails, by the machine's own zone. */
export function mailPorts({ server, from, recipients, language }: MailConfig, clock: Clock): MailPorts {
  return {
    transport: smtpTransport(server, clock),
    from,
    recipients,
    language,
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

function missing(name: string, what: string): KippuError {
  return new KippuError(
    'invalid',
    `${name} is missing: mails need it, ${what}. Set it, or none of KIPPU_SMTP_URL, KIPPU_MAIL_FROM, KIPPU_MAIL_TO.`,
    { where: name },
  );
}

function invalid(name: string, what: string, instead: string): KippuError {
  return new KippuError('invalid', `${name}: ${what}. Give ${instead}.`, { where: name });
}
