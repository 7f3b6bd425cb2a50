import type { ProviderDefinition } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';

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

  /** Providers that the configuration file describes, besides those of the catalogue. */
  readonly ownProviders: readonly Provider[];

  constructor(
    layers: readonly {
      readonly source: SettingSource;
      readonly values: Readonly<Record<string, string | undefined>>;
    }[],
    ownProviders: readonly Provider[] = [],
  ) {
    this.#layers = layers;
    this.ownProviders = ownProviders;
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
  readonly historyDays?: number;
  readonly renewalDeadline?: string;
  readonly lateAnswer?: string;
  readonly replayMargin?: string;
  readonly logLevel?: string;
  readonly logFormat?: 'pretty' | 'json';
  /** Providers that Kippu does not know: what `defineProvider` gives, or the same as plain data. */
  readonly ownProviders?: readonly (Provider | ProviderDefinition)[];
  readonly providers?: Readonly<Record<string, ProviderSettings>>;
}

/** One provider in the configuration file; each field is a `KIPPU_<PROVIDER>_…` variable of `docs/configuration.md`. */
export interface ProviderSettings {
  /** Absent: static API keys alone. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Instead of a secret: PEM or JWK, or `@` and the path of its file. */
  readonly privateKey?: string;
  /** `kid` of that key, where it is a PEM. */
  readonly privateKeyId?: string;
  /** The provider describes itself there (RFC 8414); its id is the name that these settings have here. */
  readonly issuer?: string;
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
