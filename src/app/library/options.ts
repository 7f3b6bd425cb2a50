import { pino, type Logger } from 'pino';
import { Secret } from '../../model/secret.ts';
import type { NoticeOptions } from '../../notify/ports.ts';
import { addressRules } from '../../notify/webhook/addresses.ts';
import type { ProviderApp } from '../../providers/provider-app.ts';
import {
  anything,
  callable,
  flag,
  hidden,
  listOf,
  mapOf,
  objectOf,
  oneOf,
  orEmpty,
  text,
  type Check,
} from '../../providers/shape.ts';
import type { RenewalTiming } from '../../renewal/ports.ts';
import { readHistoryDays } from '../history-days.ts';
import { mailPorts, readMail, type MailConfig } from '../mail.ts';
import type { AppOptions, Outside, StoreOpener } from '../open.ts';
import { openerOr, providerApps } from '../option-checks.ts';
import { readTiming } from '../option-spans.ts';
import type { ComposeFunction } from '../ports/ask-function.ts';
import { readPublicUrl, readReturnUrls } from '../public-url.ts';
import type { Setting } from '../settings.ts';

/** What {@link createKippu} needs to know. */
export interface KippuOptions {
  /**
   * The address under which {@link Kippu.handler} is reached, with a path where it is mounted below one: callbacks are
   * registered as `PUBLIC_URL/callback/PROVIDER`. https, or http on loopback.
   */
  readonly publicUrl: string;
  /** As `sqlite('kippu.db')` from `kippu/sqlite` makes it. */
  readonly store: StoreOpener;
  /** The key ring, `id:base64(32 bytes)[,id:…]`. Absent: one is kept in `home`. */
  readonly keys?: string | undefined;
  readonly providers: readonly ProviderApp[];
  /** The data directory: key ring and spool. Default `.kippu`. */
  readonly home?: string | undefined;
  /** Where users may be sent after a consent, besides what lies below `publicUrl`: origins, or addresses that others lie below. */
  readonly returnUrls?: readonly string[] | undefined;
  readonly timing?: Partial<RenewalTiming> | undefined;
  /** E-mail notices. Absent: nothing is mailed. */
  readonly mail?: MailOptions | undefined;
  /** Networks that are not public and that webhooks may go to all the same, as in `10.1.0.0/16`. */
  readonly webhookNetworks?: readonly string[] | undefined;
  /**
   * How many days it is kept what renewals that are over left behind: attempts, and what was told of them. At least 7;
   * `0` keeps them for good. Default 90.
   */
  readonly historyDays?: number | undefined;
  /** Functions that write the texts of schedules, by the name that {@link ScheduleOptions.compose} calls them. */
  readonly composers?: Readonly<Record<string, ComposeFunction>> | undefined;
  /**
   * `false`: no renewals ahead, no warnings, no posts at a time in this process, which then looks after nothing but its own
   * spool. Default `true`.
   */
  readonly worker?: boolean | undefined;
  readonly log?: Logger | undefined;
}

/** E-mail notices. */
export interface MailOptions {
  /** As `KIPPU_SMTP_URL`: `smtps://user:password@host`. */
  readonly smtpUrl: string;
  readonly from: string;
  readonly to: readonly string[];
  /** Default English. */
  readonly language?: 'en' | 'ja' | undefined;
}

const CHECKS = {
  publicUrl: text,
  store: openerOr(),
  keys: orEmpty(hidden),
  providers: providerApps,
  home: text,
  returnUrls: listOf(text),
  timing: anything,
  mail: objectOf({ smtpUrl: hidden, from: text, to: listOf(text, 1), language: oneOf('en', 'ja') }, [
    'smtpUrl',
    'from',
    'to',
  ]),
  webhookNetworks: listOf(text),
  historyDays: anything,
  composers: mapOf(callable),
  worker: flag,
  log: anything,
} as const satisfies Readonly<Record<keyof KippuOptions, Check>>;

const CHECK = objectOf(CHECKS, ['publicUrl', 'store', 'providers']);

/** What the application said, as the whole needs it. Throws `invalid`. */
export function appOptionsOf(options: KippuOptions, outside: Outside): AppOptions {
  CHECK(options, '');
  const { store, keys, providers, timing, home = '.kippu', composers = {}, log } = options;
  return {
    openStore: store,
    keys: { given: keys === undefined ? undefined : new Secret(keys), prefersFile: false, isProduction: false },
    home,
    apps: providers,
    publicUrl: readPublicUrl(options.publicUrl, 'publicUrl'),
    returnUrls: readReturnUrls(options.returnUrls ?? [], 'returnUrls'),
    timing: readTiming(timing),
    historyDays: readHistoryDays(options.historyDays, 'historyDays'),
    notices: noticeOptions(options, outside),
    composers: new Map(Object.entries(composers)),
    log: log ?? pino({ level: 'silent' }),
    outside,
  };
}

function noticeOptions({ mail, webhookNetworks = [] }: KippuOptions, { clock }: Outside): NoticeOptions {
  const config = mail === undefined ? undefined : mailConfig(mail);
  return {
    addresses: addressRules(webhookNetworks),
    mail: config === undefined ? undefined : mailPorts(config, clock),
  };
}

function mailConfig({ smtpUrl, from, to, language }: MailOptions): MailConfig | undefined {
  const given = (value: string): Setting => ({ value, source: 'default' });
  return readMail({
    smtpUrl: given(smtpUrl),
    from: given(from),
    to: given(to.join(' ')),
    language: undefined,
    spoken: language ?? 'en',
  });
}
