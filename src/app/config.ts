import { join, resolve } from 'node:path';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';
import type { MailLanguage } from '../notify/mail/letter.ts';
import { addressRules } from '../notify/webhook/addresses.ts';
import { CATALOGUE } from '../providers/index.ts';
import { providerApp, type ProviderApp, type ProviderAppOptions } from '../providers/provider-app.ts';
import type { Provider } from '../providers/provider.ts';
import { DEFAULT_TIMING, type RenewalTiming } from '../renewal/ports.ts';
import { absoluteDatabaseUrl, isPostgres, shownDatabase } from './database-url.ts';
import { readMail, type MailConfig } from './mail.ts';
import { configuredIssuers } from './issuers/configured.ts';
import type { IssuerRegistration } from './issuers/registration.ts';
import { readPrivateKey } from './private-key.ts';
import { readHistoryDays } from './history-days.ts';
import { hostVariable, particularOptions } from './provider-settings.ts';
import { readPublicUrl as checkedPublicUrl } from './public-url.ts';
import type { Setting, Settings } from './settings.ts';

export const DEFAULT_PORT = 4180;

/** What is in force, parsed and checked once. */
export interface Config {
  readonly databaseUrl: string;
  /** The data directory; in the sandbox the one below `sandbox/`. */
  readonly home: string;
  /** Where `server.json` is, sandbox or not: the command line looks there. */
  readonly rootHome: string;
  readonly keys: Secret | undefined;
  readonly isProduction: boolean;
  readonly host: string;
  readonly port: number;
  /** Origin that users and providers see, without a slash at the end. */
  readonly publicUrl: string;
  readonly sandbox: boolean;
  readonly apps: readonly ProviderApp[];
  /** Apps at providers that describe themselves: read while Kippu runs, and not before it starts. */
  readonly issuers: readonly IssuerRegistration[];
  readonly timing: RenewalTiming;
  readonly returnUrls: readonly string[];
  /** Absent: nothing is mailed. */
  readonly mail: MailConfig | undefined;
  /** Networks that are not public and that webhooks may go to all the same. */
  readonly webhookNetworks: readonly string[];
  /** How long it is kept what renewals that are over left behind; `0`: for good. */
  readonly historyDays: number;
  readonly logLevel: string;
  readonly logFormat: 'pretty' | 'json';
  readonly settings: Settings;
}

export interface ConfigFacts {
  readonly directory: string;
  readonly isTerminal: boolean;
  readonly isProduction: boolean;
  /** The language of mails, where nothing else is set. Absent: English. */
  readonly language?: MailLanguage | undefined;
  /** Origin of a running simulator for the sandbox. */
  readonly simulatorUrl: (provider: string, home: string) => string;
}

/** Throws `invalid`, naming the variable, what is wrong with it and what it should look like. */
export function readConfig(settings: Settings, facts: ConfigFacts): Config {
  const rootHome = resolve(facts.directory, settings.get('KIPPU_HOME')?.value ?? '.kippu');
  const providers = [...CATALOGUE, ...settings.ownProviders];
  const realApps = providers.flatMap((provider) => configuredApp(provider, settings, facts.directory));
  const issuers = configuredIssuers(settings, facts.directory);
  const sandbox = readFlag(settings, 'KIPPU_SANDBOX') ?? realApps.length + issuers.length === 0;
  const home = sandbox ? join(rootHome, 'sandbox') : rootHome;
  const port = readPort(settings);
  const host = settings.get('KIPPU_HOST')?.value ?? '127.0.0.1';
  const keys = settings.get('KIPPU_KEYS');
  return {
    databaseUrl: readDatabaseUrl(settings, { sandbox, home, directory: facts.directory }),
    home,
    rootHome,
    keys: keys === undefined ? undefined : new Secret(keys.value),
    isProduction: facts.isProduction,
    host,
    port,
    publicUrl: readPublicUrl(settings, port),
    sandbox,
    apps: sandbox
      ? sandboxProviders(settings).map((provider) => sandboxApp(provider, facts.simulatorUrl(provider.id, home)))
      : realApps,
    issuers: sandbox ? [] : issuers,
    timing: readTiming(settings),
    returnUrls: readList(settings, 'KIPPU_RETURN_URLS'),
    mail: readMail({
      smtpUrl: settings.get('KIPPU_SMTP_URL'),
      from: settings.get('KIPPU_MAIL_FROM'),
      to: settings.get('KIPPU_MAIL_TO'),
      language: settings.get('KIPPU_MAIL_LANG'),
      spoken: facts.language ?? 'en',
    }),
    webhookNetworks: readNetworks(settings),
    historyDays: readHistoryDays(settings.get('KIPPU_HISTORY_DAYS')?.value),
    logLevel:
      readChoice(settings, 'KIPPU_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']) ?? 'info',
    logFormat: readChoice(settings, 'KIPPU_LOG_FORMAT', ['pretty', 'json']) ?? (facts.isTerminal ? 'pretty' : 'json'),
    settings,
  };
}

export const SANDBOX_CLIENT_ID = 'kippu-sandbox';
export const SANDBOX_CLIENT_SECRET = 'sandbox-secret-of-no-value';

/** Each is a process of its own: who wants more of them, or others, names them. */
const SANDBOX_PROVIDERS = ['x', 'github', 'auth0'];

/** A provider without a token endpoint has keys alone, and nothing to simulate. */
function sandboxProviders(settings: Settings): readonly Provider[] {
  const own = settings.ownProviders.filter(({ endpoints }) => endpoints.token !== '');
  const all = [...CATALOGUE, ...own];
  const named = readList(settings, 'KIPPU_SANDBOX_PROVIDERS');
  return (named.length === 0 ? [...SANDBOX_PROVIDERS, ...own.map(({ id }) => id)] : named).map((id) => {
    const provider = all.find((one) => one.id === id);
    if (provider !== undefined) return provider;
    const ids = all.map((one) => one.id).join(', ');
    throw invalid('KIPPU_SANDBOX_PROVIDERS', `there is no provider "${id}"`, `some of: ${ids}`);
  });
}

/** Bound to the sandbox by its issuer, whichever port the simulator has: its tokens can never be sent to a real provider. */
function sandboxApp(provider: Provider, baseUrl: string): ProviderApp {
  return providerApp(provider, {
    clientId: SANDBOX_CLIENT_ID,
    clientSecret: new Secret(SANDBOX_CLIENT_SECRET),
    baseUrl,
    issuer: `sandbox:${provider.id}`,
  });
}

function configuredApp(provider: Provider, settings: Settings, directory: string): ProviderApp[] {
  const prefix = `KIPPU_${provider.id.toUpperCase()}_`;
  const clientId = settings.get(`${prefix}CLIENT_ID`)?.value;
  // Where there are static keys alone, there is nothing to be registered with.
  if (clientId === undefined) return provider.endpoints.token === '' ? [providerApp(provider, { clientId: '' })] : [];
  const secret = settings.get(`${prefix}CLIENT_SECRET`)?.value;
  const where = `${prefix}PRIVATE_KEY`;
  const privateKey = settings.get(where)?.value;
  return [
    configured(prefix, provider, {
      clientId,
      clientSecret: secret === undefined ? undefined : new Secret(secret),
      clientPrivateKey: privateKey === undefined ? undefined : readPrivateKey(privateKey, { directory, where }),
      clientPrivateKeyId: settings.get(`${prefix}PRIVATE_KEY_ID`)?.value,
      scopes: settings
        .get(`${prefix}SCOPES`)
        ?.value.split(/[\s,]+/)
        .filter((scope) => scope !== ''),
      baseUrl: settings.get(`${prefix}BASE_URL`)?.value,
      replay: readFlag(settings, `${prefix}REPLAY`),
      ...particularOptions(provider, settings, { duration: readDuration, flag: readFlag, choice: readChoice }),
    }),
  ];
}

const VARIABLES: Readonly<Record<string, string>> = {
  clientId: 'CLIENT_ID',
  clientPrivateKey: 'PRIVATE_KEY',
  clientPrivateKeyId: 'PRIVATE_KEY_ID',
  audience: 'AUDIENCE',
  organization: 'ORGANIZATION',
  rotation: 'ROTATION',
  leewayMs: 'LEEWAY',
  lifetimeMs: 'REFRESH_LIFETIME',
  idleMs: 'REFRESH_IDLE_LIFETIME',
  replayInLeeway: 'REPLAY_IN_LEEWAY',
  tenant: 'TENANT',
  testing: 'TESTING',
};

/** What is wrong with a registration is said with the name of the variable. */
function configured(prefix: string, provider: Provider, options: ProviderAppOptions): ProviderApp {
  try {
    return providerApp(provider, options);
  } catch (error) {
    const where = error instanceof KippuError ? error.where : undefined;
    const variable =
      where === 'host' && provider.hosting !== undefined ? hostVariable(provider.hosting) : VARIABLES[where ?? ''];
    if (!(error instanceof KippuError) || variable === undefined) throw error;
    const name = `${prefix}${variable}`;
    throw new KippuError('invalid', `${name}: ${error.message}`, { where: name, cause: error });
  }
}

function readDatabaseUrl(
  settings: Settings,
  where: { readonly sandbox: boolean; readonly home: string; readonly directory: string },
): string {
  const setting = settings.get('KIPPU_DATABASE_URL');
  if (setting === undefined)
    return where.sandbox ? `sqlite:${join(where.home, 'kippu.db')}` : `sqlite:${join(where.directory, 'kippu.db')}`;
  return absoluteDatabaseUrl(setting.value, where.directory);
}

function readPublicUrl(settings: Settings, port: number): string {
  const setting = settings.get('KIPPU_PUBLIC_URL');
  if (setting === undefined) return `http://127.0.0.1:${port}`;
  return checkedPublicUrl(setting.value, 'KIPPU_PUBLIC_URL');
}

function readPort(settings: Settings): number {
  const setting = settings.get('KIPPU_PORT');
  if (setting === undefined) return DEFAULT_PORT;
  const port = Number(setting.value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw invalid('KIPPU_PORT', `"${setting.value}" is no port`, 'a number up to 65535');
  return port;
}

function readList(settings: Settings, name: string): readonly string[] {
  return (settings.get(name)?.value ?? '').split(/[\s,]+/).filter((item) => item !== '');
}

function readNetworks(settings: Settings): readonly string[] {
  const networks = readList(settings, 'KIPPU_WEBHOOK_NETWORKS');
  addressRules(networks);
  return networks;
}

function readTiming(settings: Settings): RenewalTiming {
  return {
    deadlineMs: readDuration(settings, 'KIPPU_RENEWAL_DEADLINE') ?? DEFAULT_TIMING.deadlineMs,
    lateAnswerMs: readDuration(settings, 'KIPPU_LATE_ANSWER') ?? DEFAULT_TIMING.lateAnswerMs,
    replayMarginMs: readDuration(settings, 'KIPPU_REPLAY_MARGIN') ?? DEFAULT_TIMING.replayMarginMs,
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: 24 * HOUR_MS };

/** `500ms`, `30s`, `2m`, `1h`, `7d`. */
function readDuration(settings: Settings, name: string): number | undefined {
  const setting = settings.get(name);
  if (setting === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(setting.value.trim());
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined)
    throw invalid(name, `"${setting.value}" is no duration`, 'a number with a unit, as in 30s or 2m');
  return Number(match[1]) * unit;
}

function readFlag(settings: Settings, name: string): boolean | undefined {
  const setting = settings.get(name);
  if (setting === undefined) return undefined;
  if (['1', 'true', 'yes', 'on'].includes(setting.value.toLowerCase())) return true;
  if (['0', 'false', 'no', 'off'].includes(setting.value.toLowerCase())) return false;
  throw invalid(name, `"${setting.value}" is neither yes nor no`, '1 or 0');
}

function readChoice<const T extends string>(settings: Settings, name: string, choices: readonly T[]): T | undefined {
  const setting = settings.get(name);
  if (setting === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === setting.value);
  if (choice === undefined) throw invalid(name, `"${setting.value}" is not known`, choices.join(', '));
  return choice;
}

function invalid(name: string, what: string, instead: string): KippuError {
  return new KippuError('invalid', `${name}: ${what}. Give ${instead}.`, { where: name });
}

/** For `kippu doctor`: what a value looks like without its secret. */
export function maskSetting(name: string, { value }: Setting): string {
  if (name.endsWith('_PRIVATE_KEY')) return value.startsWith('@') ? value : '[secret]';
  if (/SECRET|_KEYS$|PASSWORD|SMTP_URL/.test(name)) return name.endsWith('_KEYS') ? maskRing(value) : '[secret]';
  if (isPostgres(value)) return shownDatabase(value);
  return value.replace(/:\/\/[^@/]*@/, '://[secret]@');
}

function maskRing(ring: string): string {
  return ring
    .split(',')
    .map((entry) => (/^[A-Za-z0-9][\w.-]{0,15}:/.test(entry) ? `${entry.split(':')[0]}:[secret]` : '[secret]'))
    .join(',');
}
