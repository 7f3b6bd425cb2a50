import type * as Nodemailer from 'nodemailer';
import type { Transporter } from 'nodemailer';
import { SECOND_MS, type Clock } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import { assertInstalled, installedPart } from '../../model/installed-part.ts';
import { Secret } from '../../model/secret.ts';
import type { Handover } from '../handover.ts';
import type { Mail, MailTransport } from './transport.ts';

/** Where and how mails are handed over, out of `KIPPU_SMTP_URL`. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `implicit`: TLS from the first byte. `starttls`: before anything else is said. `none`: in the clear. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly user: string | undefined;
  readonly password: Secret | undefined;
}

const CONNECT_TIMEOUT_MS = 10 * SECOND_MS;
/** How long the server may be silent. */
const SILENCE_MAX_MS = 15 * SECOND_MS;
/** How long one mail may take as a whole. */
const SEND_TIMEOUT_MS = 30 * SECOND_MS;
const ERROR_CHARS_MAX = 300;
const MAIL = 'E-mail';

/**
 * SMTP. Each mail is a connection of its own: there are few of them, and none can be left half sent in a pool. Certificates
 * are checked; `certificateAuthority` is a further one to trust, as PEM.
 * Throws `not_installed`.
 */
export function smtpTransport(
  server: SmtpServer,
  clock: Clock,
  { certificateAuthority }: { readonly certificateAuthority?: string | undefined } = {},
): MailTransport {
  assertInstalled('nodemailer', MAIL);
  const open = (): Transporter => {
    // Loaded when the first mail is sent: a command that sends none does not wait for it.
    const { createTransport } = installedPart('nodemailer', MAIL) as typeof Nodemailer;
    const { host, port, tls, user, password } = server;
    return createTransport({
      host,
      port,
      secure: tls === 'implicit',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      tls: { minVersion: 'TLSv1.2', ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }) },
      ...(user === undefined ? {} : { auth: { user, pass: password?.reveal() ?? '' } }),
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_MAX_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  };
  return {
    async send(mail) {
      const transporter = open();
      try {
        return await withinTime(transporter.sendMail(messageOf(mail)).then(handedOver), clock);
      } catch (error) {
        return handoverOf(error, server);
      } finally {
        transporter.close();
      }
    },
    async verify() {
      const transporter = open();
      try {
        await withinTime(transporter.verify(), clock);
        return undefined;
      } catch (error) {
        return describe(error, server);
      } finally {
        transporter.close();
      }
    },
  };
}

/** What nodemailer makes the message of. In words of our own: the package's declarations must do without nodemailer's. */
interface Message {
  readonly from: string;
  readonly to: string;
  readonly messageId: string;
  readonly date: Date;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Record<string, string>;
  readonly disableFileAccess: boolean;
  readonly disableUrlAccess: boolean;
}

export function messageOf(mail: Mail): Message {
  return {
    from: mail.from,
    to: mail.to,
    messageId: mail.messageId,
    date: new Date(mail.atMs),
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    // A vacation reply to this would reach nobody (RFC 3834).
    headers: { 'auto-submitted': 'auto-generated', 'content-language': mail.language },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function handedOver(sent: { readonly response?: string | undefined }): Handover {
  return { kind: 'delivered', status: Number(/^\d{3}/.exec(sent.response ?? '')?.[0] ?? 250) };
}

class TooLong extends Error {}

async function withinTime<T>(work: Promise<T>, clock: Clock): Promise<T> {
  const timer = new AbortController();
  const late = clock.sleep(SEND_TIMEOUT_MS, timer.signal).then(() => {
    throw new TooLong(`the mail server took longer than ${SEND_TIMEOUT_MS / SECOND_MS} s`);
  });
  // Whichever loses the race ends unheard.
  late.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

/**
 * A 5xx to the recipient or the message is final (RFC 5321, section 4.2.1). Refused credentials are not: an operator puts
 * them right, and the mail is still wanted then.
 */
function handoverOf(error: unknown, server: SmtpServer): Handover {
  const { responseCode: status, code } = error as { readonly responseCode?: number; readonly code?: string };
  const isFinal = status !== undefined && status >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
  return { kind: isFinal ? 'refused' : 'not_now', status, error: describe(error, server) };
}

/** The server's own words, on one line, and never what we signed in with, even if it says that back. */
function describe(error: unknown, { host, port, user, password }: SmtpServer): string {
  // AUTH PLAIN sends both as one (RFC 4616).
  const together = password === undefined ? undefined : `\0${user ?? ''}\0${password.reveal()}`;
  const secrets = [together, password?.reveal(), user].flatMap((secret) =>
    secret === undefined || secret === '' ? [] : [secret, Buffer.from(secret).toString('base64')],
  );
  const words = error instanceof Error ? error.message : 'the mail server could not be used';
  const line = secrets
    .reduce((text, secret) => text.replaceAll(secret, '[secret]'), words)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .slice(0, ERROR_CHARS_MAX);
  return `${host}:${port}: ${line}`;
}

const PORTS = { 'smtps:': 465, 'smtp:': 587 } as const;

/**
 * Reads `KIPPU_SMTP_URL`: `smtps://user:password@host[:465]`, or `smtp://…[:587]`, which demands STARTTLS. Without TLS goes
 * only what stays on this machine, or what says `?tls=none`.
 *
 * Throws `invalid`; the message never holds the URL, which has a password in it.
 */
export function parseSmtpUrl(text: Secret): SmtpServer {
  const url = URL.canParse(text.reveal()) ? new URL(text.reveal()) : undefined;
  if (url === undefined || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') || url.hostname === '')
    throw invalid('it is no SMTP address');
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'tls');
  if (unknown !== undefined) throw invalid('it has a parameter other than tls');
  const wish = url.searchParams.get('tls');
  if (wish !== null && wish !== 'none') throw invalid('tls can only be "none"');
  if (wish === 'none' && url.protocol === 'smtps:') throw invalid('smtps is TLS, and tls=none is not');
  const [hostname, user, password] = [url.hostname, url.username, url.password].map(decoded);
  if (hostname === undefined || user === undefined || password === undefined)
    throw invalid('a % in it begins no percent-encoded character (% itself is %25)');
  const host = hostname.replace(/^\[|\]$/g, '');
  const isPlain = wish === 'none' || isLoopback(host);
  return {
    host,
    port: url.port === '' ? PORTS[url.protocol] : Number(url.port),
    tls: url.protocol === 'smtps:' ? 'implicit' : isPlain ? 'none' : 'starttls',
    user: user === '' ? undefined : user,
    password: password === '' ? undefined : new Secret(password),
  };
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    // The error would say no more than that, and it is said to whoever wrote the address.
    return undefined;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function invalid(what: string): KippuError {
  return new KippuError(
    'invalid',
    `KIPPU_SMTP_URL: ${what}. Give smtps://USER:PASSWORD@HOST or smtp://USER:PASSWORD@HOST:587; write special characters of the password percent-encoded.`,
    { where: 'KIPPU_SMTP_URL' },
  );
}
