import { CATALOGUE } from '../../providers/index.ts';
import { maskSetting, type Config } from '../config.ts';
import { particularVariables } from '../provider-settings.ts';
import { shownDatabase } from '../database-url.ts';
import type { Setting, SettingSource, Settings } from '../settings.ts';
import type { Finding } from './finding.ts';

const APP_SETTINGS = ['CLIENT_ID', 'CLIENT_SECRET', 'SCOPES', 'BASE_URL', 'REPLAY'];
/** Where the provider takes such a key. */
const KEY_SETTINGS = ['PRIVATE_KEY', 'PRIVATE_KEY_ID'];

const KNOWN = [
  'KIPPU_DATABASE_URL',
  'KIPPU_KEYS',
  'KIPPU_HOST',
  'KIPPU_PORT',
  'KIPPU_PUBLIC_URL',
  'KIPPU_HOME',
  'KIPPU_SANDBOX',
  'KIPPU_SANDBOX_PROVIDERS',
  'KIPPU_RETURN_URLS',
  'KIPPU_SMTP_URL',
  'KIPPU_MAIL_FROM',
  'KIPPU_MAIL_TO',
  'KIPPU_MAIL_LANG',
  'KIPPU_WEBHOOK_NETWORKS',
  'KIPPU_HISTORY_DAYS',
  'KIPPU_RENEWAL_DEADLINE',
  'KIPPU_LATE_ANSWER',
  'KIPPU_REPLAY_MARGIN',
  'KIPPU_LOG_LEVEL',
  'KIPPU_LOG_FORMAT',
  ...CATALOGUE.flatMap((provider) =>
    [
      ...APP_SETTINGS,
      ...(provider.clientAuth.privateKeyJwt === undefined ? [] : KEY_SETTINGS),
      ...particularVariables(provider),
    ].map((name) => `KIPPU_${provider.id.toUpperCase()}_${name}`),
  ),
];

/** A setting as it may be shown. */
export interface SettingInForce {
  readonly name: string;
  /** Masked where it is secret, or where nobody knows what it is. */
  readonly value: string;
  readonly source: SettingSource;
}

/** What is in force and from where; settings that nobody gave and that stand for something by default are among them. */
export function settingsInForce(settings: Settings, config: Config | undefined): readonly SettingInForce[] {
  const given = settings.names().flatMap((name) => {
    const setting = settings.get(name);
    return setting === undefined ? [] : [{ name, value: shown(name, setting, settings), source: setting.source }];
  });
  const defaults =
    config === undefined ? [] : defaultsOf(config).filter(({ name }) => settings.get(name) === undefined);
  return [...given, ...defaults].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const OF_OWN = /^KIPPU_([A-Z][A-Z0-9]*)_(CLIENT_ID|CLIENT_SECRET|SCOPES|BASE_URL|REPLAY|ISSUER)$/;

/** Of a provider of one's own, too: defined in the configuration file, or known by its issuer. */
function isKnown(name: string, settings: Settings): boolean {
  if (KNOWN.includes(name)) return true;
  const id = OF_OWN.exec(name)?.[1];
  if (id === undefined) return false;
  const isDefined = new Set(settings.ownProviders.map((own) => own.id.toUpperCase())).has(id);
  return isDefined || settings.get(`KIPPU_${id}_ISSUER`) !== undefined;
}

/** The value of a name that nobody knows may be a secret under a misspelt name. */
function shown(name: string, setting: Setting, settings: Settings): string {
  return isKnown(name, settings) ? maskSetting(name, setting) : '[not shown]';
}

function defaultsOf(config: Config): SettingInForce[] {
  const values = {
    KIPPU_DATABASE_URL: shownDatabase(config.databaseUrl),
    KIPPU_HOME: config.rootHome,
    KIPPU_HOST: config.host,
    KIPPU_PORT: String(config.port),
    KIPPU_PUBLIC_URL: config.publicUrl,
    KIPPU_SANDBOX: config.sandbox ? '1' : '0',
    KIPPU_RENEWAL_DEADLINE: `${config.timing.deadlineMs / 1000}s`,
    KIPPU_LATE_ANSWER: `${config.timing.lateAnswerMs / 1000}s`,
    KIPPU_REPLAY_MARGIN: `${config.timing.replayMarginMs / 1000}s`,
    KIPPU_HISTORY_DAYS: String(config.historyDays),
    KIPPU_LOG_LEVEL: config.logLevel,
    KIPPU_LOG_FORMAT: config.logFormat,
  };
  return Object.entries(values).map(([name, value]) => ({ name, value, source: 'default' }));
}

/** Names that are probably misspelt, and values that were probably copied along with something. */
export function checkSettings(settings: Settings): Finding[] {
  return settings.names().flatMap((name): Finding[] => {
    const value = settings.get(name)?.value;
    if (value === undefined) return [];
    if (!isKnown(name, settings))
      return [{ kind: 'setting_unknown', level: 'warning', name, nearest: nearestTo(name) }];
    const what = untidiness(value);
    return what === undefined ? [] : [{ kind: 'setting_untidy', level: 'warning', name, what }];
  });
}

function untidiness(value: string): Extract<Finding, { kind: 'setting_untidy' }>['what'] | undefined {
  if (value !== value.trim()) return 'spaces';
  if (/^(["'“”]).*\1$/.test(value)) return 'quotes';
  if (/^(your[-_ ]|<.*>$|xxx|changeme$|\.\.\.$|…$)/i.test(value)) return 'placeholder';
  return undefined;
}

const NEAR_MAX = 4;

function nearestTo(name: string): string | undefined {
  const [best] = KNOWN.map((known) => ({ known, distance: distanceOf(name, known) })).sort(
    (a, b) => a.distance - b.distance,
  );
  return best !== undefined && best.distance <= NEAR_MAX ? best.known : undefined;
}

/** How many letters must be added, dropped or changed to make one of the other (Levenshtein). */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, otherLetter] of [...other].entries()) {
      next.push(Math.min((row[j] ?? 0) + (letter === otherLetter ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
