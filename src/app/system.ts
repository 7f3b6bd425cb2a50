import { createRequire } from 'node:module';
import type { Logger, pino as Pino } from 'pino';
import type Pretty from 'pino-pretty';
import { KippuError } from '../model/errors.ts';
import { installedPart } from '../model/installed-part.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { addressRules } from '../notify/webhook/addresses.ts';
import type { Config } from './config.ts';
import { isPostgres, sqliteFile } from './database-url.ts';
import { mailPorts } from './mail.ts';
import { openApp, type App, type Outside, type StoreOpener } from './open.ts';
import { SYSTEM } from './ports/real-world.ts';

export { SYSTEM } from './ports/real-world.ts';

const require = createRequire(import.meta.url);

/** From the least to the greatest. */
const LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** Opens what the configuration names. Throws what {@link openApp} throws. */
export async function openConfigured(
  config: Config,
  {
    log,
    outside = SYSTEM,
    migrates = true,
  }: { readonly log: Logger; readonly outside?: Outside; readonly migrates?: boolean },
): Promise<App> {
  return openApp({
    openStore: storeOpener(config.databaseUrl, migrates),
    keys: { given: config.keys, prefersFile: config.sandbox, isProduction: config.isProduction },
    home: config.databaseUrl === 'memory:' ? undefined : config.home,
    apps: config.apps,
    issuers: config.issuers,
    publicUrl: config.publicUrl,
    returnUrls: config.returnUrls,
    timing: config.timing,
    historyDays: config.historyDays,
    notices: {
      addresses: addressRules(config.webhookNetworks),
      mail: config.mail === undefined ? undefined : mailPorts(config.mail, outside.clock),
    },
    log,
    outside,
  });
}

/** Opens the store alone: for what belongs to the database itself. */
export function storeOpener(databaseUrl: string, migrates: boolean): StoreOpener {
  if (isPostgres(databaseUrl)) {
    return async (outside) => {
      const { postgres } = await import('../store/postgres/index.ts');
      return postgres(databaseUrl)(outside, { migrates });
    };
  }
  const file = databaseUrl === 'memory:' ? { path: ':memory:' } : sqliteFile(databaseUrl);
  return (outside) => openSqliteStore({ ...file, ...outside, migrates });
}

/**
 * As {@link createLog}, made when it is first written to: a command that has nothing to log does not load what it would
 * log with.
 */
export function createLateLog(options: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const silent = LEVELS.slice(0, Math.max(0, LEVELS.indexOf(options.logLevel)));
  let log: Logger | undefined;
  return new Proxy({} as Logger, {
    get(_target, name) {
      if (silent.some((level) => level === name)) return () => undefined;
      log ??= createLog(options);
      const value: unknown = Reflect.get(log, name);
      return typeof value === 'function' ? (value.bind(log) as unknown) : value;
    },
  });
}

/** Logs go to stderr, so that data on stdout stays data. Secrets print as `[secret]`; the redaction is the second net. */
export function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const options = {
    level: logLevel,
    base: null,
    redact: {
      paths: [
        'authorization',
        'cookie',
        'access_token',
        'refresh_token',
        'id_token',
        'client_secret',
        'code',
        '*.authorization',
        '*.cookie',
        '*.access_token',
        '*.refresh_token',
        '*.id_token',
        '*.client_secret',
        '*.code_verifier',
        '*.client_assertion',
        '*.dpop',
      ],
      censor: '[secret]',
    },
    serializers: { err: errorFacts },
  };
  const { pino } = require('pino') as { readonly pino: typeof Pino };
  if (logFormat === 'json') return pino(options, pino.destination({ fd: 2, sync: true }));
  const pretty = installedPart('pino-pretty', 'KIPPU_LOG_FORMAT=pretty') as typeof Pretty;
  return pino(options, pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }));
}

/** Of an error only what we wrote ourselves, and where it happened: a foreign message may hold anything. */
function errorFacts(error: unknown): unknown {
  if (error instanceof KippuError) return { code: error.code, message: error.message };
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack };
  return { kind: typeof error };
}
