import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readConfigFile } from './config-file.ts';
import { Settings, type ConfigFile } from './settings.ts';

export interface SettingsInput {
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
}

/** Flags, environment, `.env`, then `kippu.config.ts` (or `.js`, `.json`). Throws `invalid` for a file that cannot be read. */
export async function readSettings({ flags, environment, directory }: SettingsInput): Promise<Settings> {
  const { config, ownProviders } = await readConfigFile(directory);
  return new Settings(
    [
      { source: 'flag', values: flags },
      { source: 'environment', values: environment },
      { source: '.env', values: readDotEnv(directory) },
      { source: 'file', values: flatten(config) },
    ],
    ownProviders,
  );
}

function readDotEnv(directory: string): Record<string, string | undefined> {
  const file = join(directory, '.env');
  return existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')) } : {};
}

function flatten({ providers = {}, ownProviders: _own, ...rest }: ConfigFile): Record<string, string> {
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
