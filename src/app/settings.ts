import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseEnv } from 'node:util';
import { KippuError } from '../model/errors.ts';

/** Where a setting comes from, the stronger first. */
export const SETTING_SOURCES = ['flag', 'environment', '.env', 'file', 'default'] as const;
export type SettingSource = (typeof SETTING_SOURCES)[number];

export interface Setting {
  readonly value: string;
  readonly source: SettingSource;
}

/** `KIPPU_…` name → value, each with where it came from. */
export class Settings {
  readonly #layers: readonly {
    readonly source: SettingSource;
    readonly values: Readonly<Record<string, string | undefined>>;
  }[];

  constructor(
    layers: readonly {
      readonly source: SettingSource;
      readonly values: Readonly<Record<string, string | undefined>>;
    }[],
  ) {
    this.#layers = layers;
  }

  /** The strongest source that names it; an empty text counts as not given. */
  get(name: string): Setting | undefined {
    for (const { source, values } of this.#layers) {
      const value = values[name];
      if (value !== undefined && value !== '') return { value, source };
    }
    return undefined;
  }

  /** All names that any source gives. */
  names(): string[] {
    return [...new Set(this.#layers.flatMap(({ values }) => Object.keys(values)))]
      .filter((name) => name.startsWith('KIPPU_'))
      .sort();
  }
}

export interface SettingsInput {
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
}

/** Flags, environment, `.env`, then `kippu.config.ts` (or `.js`, `.json`). Throws `invalid` for a file that cannot be read. */
export async function readSettings({ flags, environment, directory }: SettingsInput): Promise<Settings> {
  return new Settings([
    { source: 'flag', values: flags },
    { source: 'environment', values: environment },
    { source: '.env', values: readDotEnv(directory) },
    { source: 'file', values: flatten(await readConfigFile(directory)) },
  ]);
}

function readDotEnv(directory: string): Record<string, string | undefined> {
  const file = join(directory, '.env');
  return existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')) } : {};
}

/** The configuration file's form: the variables without `KIPPU_`, in camel case, providers by id. */
export interface ConfigFile {
  readonly databaseUrl?: string;
  readonly keys?: string;
  readonly host?: string;
  readonly port?: number;
  readonly publicUrl?: string;
  readonly home?: string;
  readonly sandbox?: boolean;
  /** Whose simulators the sandbox has. */
  readonly sandboxProviders?: readonly string[];
  readonly returnUrls?: readonly string[];
  readonly smtpUrl?: string;
  readonly mailFrom?: string;
  readonly mailTo?: string | readonly string[];
  readonly mailLang?: 'en' | 'ja';
  readonly webhookNetworks?: readonly string[];
  readonly renewalDeadline?: string;
  readonly lateAnswer?: string;
  readonly replayMargin?: string;
  readonly logLevel?: string;
  readonly logFormat?: 'pretty' | 'json';
  readonly providers?: Readonly<Record<string, ProviderSettings>>;
}

export interface ProviderSettings {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly scopes?: readonly string[];
  /** A customer's own host, where the provider runs on such (GitHub). */
  readonly host?: string;
  /** A customer's own domain, where the provider calls it so (Auth0). */
  readonly domain?: string;
  /** The API that access tokens are for (Auth0). */
  readonly audience?: string;
  /** Where users sign in (Auth0). */
  readonly organization?: string;
  /** How the secret is sent, where an app's settings decide (Auth0). */
  readonly clientAuth?: 'body' | 'basic';
  /** Of the app's refresh tokens, where its settings at the provider decide (Auth0). */
  readonly rotation?: 'rotating' | 'non-rotating';
  /** A duration, as in `60s`: how long after its use a refresh token is still accepted. */
  readonly leeway?: string;
  /** A duration, as in `30d`, or `never`. */
  readonly refreshLifetime?: string;
  /** A duration, as in `30d`, or `never`. */
  readonly refreshIdleLifetime?: string;
  readonly replayInLeeway?: boolean;
  /** A tenant's id, domain or name, where the provider has tenants (Entra). */
  readonly tenant?: string;
  /** The provider's console calls the app a test (Google). */
  readonly testing?: boolean;
  readonly baseUrl?: string;
  readonly replay?: boolean;
}

/**
 * Types the default export of `kippu.config.ts`.
 *
 * @example
 * ```ts
 * import { defineConfig } from 'kippu';
 * export default defineConfig({ port: 4180, providers: { x: { clientId: 'your-client-id' } } });
 * ```
 */
export function defineConfig(config: ConfigFile): ConfigFile {
  return config;
}

async function readConfigFile(directory: string): Promise<ConfigFile> {
  for (const name of ['kippu.config.ts', 'kippu.config.js', 'kippu.config.json']) {
    const file = resolve(directory, name);
    if (!existsSync(file)) continue;
    try {
      if (name.endsWith('.json')) return JSON.parse(readFileSync(file, 'utf8')) as ConfigFile;
      const module = (await import(pathToFileURL(file).href)) as { readonly default?: ConfigFile };
      return module.default ?? {};
    } catch (error) {
      throw new KippuError(
        'invalid',
        `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }
  return {};
}

function flatten({ providers = {}, ...rest }: ConfigFile): Record<string, string> {
  const flat: Record<string, string> = {};
  const put = (prefix: string, values: object): void => {
    for (const [key, value] of Object.entries(values) as [string, unknown][]) {
      if (value === undefined) continue;
      flat[`${prefix}${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`] = asText(value);
    }
  };
  put('KIPPU_', rest);
  for (const [id, settings] of Object.entries(providers)) put(`KIPPU_${id.toUpperCase()}_`, settings);
  return flat;
}

function asText(value: unknown): string {
  if (Array.isArray(value)) return value.join(' ');
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}
