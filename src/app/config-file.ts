import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KippuError } from '../model/errors.ts';
import { packageFile, RUNS_SOURCES } from '../model/package-files.ts';
import { CATALOGUE, defineProvider, type ProviderDefinition } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import type { ConfigFile, ProviderSettings } from './settings.ts';

const NAMES = ['kippu.config.ts', 'kippu.config.js', 'kippu.config.json'];

/** What a configuration file says, checked; without one, nothing. */
export interface FoundFile {
  readonly config: ConfigFile;
  readonly ownProviders: readonly Provider[];
}

/** The first of `kippu.config.ts`, `.js` and `.json` that there is. Throws `invalid`, naming the file and what is wrong in it. */
export async function readConfigFile(directory: string): Promise<FoundFile> {
  const name = NAMES.find((one) => existsSync(resolve(directory, one)));
  if (name === undefined) return { config: {}, ownProviders: [] };
  try {
    const config = (await load(resolve(directory, name))) as ConfigFile;
    checkFields(config);
    const ownProviders = (config.ownProviders ?? []).map((own) => defineProvider(own as ProviderDefinition));
    checkIds(config, ownProviders);
    return { config, ownProviders };
  } catch (error) {
    throw new KippuError('invalid', `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function load(file: string): Promise<unknown> {
  if (file.endsWith('.json')) return JSON.parse(readFileSync(file, 'utf8'));
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const own = OWN_MODULES[specifier]?.();
      return own === undefined ? next(specifier, context) : { url: own, shortCircuit: true };
    },
  });
  try {
    const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
    return module.default ?? {};
  } finally {
    hooks.deregister();
  }
}

/** The file speaks of the Kippu that reads it, wherever that is installed, and needs no installation of its own. */
const OWN_MODULES: Readonly<Record<string, () => string>> = {
  kippu: () => ownModule('index'),
  'kippu/providers': () => ownModule('providers/index'),
};

function ownModule(name: string): string {
  return packageFile(RUNS_SOURCES ? `src/${name}.ts` : `dist/${name}.js`).href;
}

const FIELDS = {
  databaseUrl: true,
  keys: true,
  host: true,
  port: true,
  publicUrl: true,
  home: true,
  sandbox: true,
  sandboxProviders: true,
  returnUrls: true,
  smtpUrl: true,
  mailFrom: true,
  mailTo: true,
  mailLang: true,
  webhookNetworks: true,
  historyDays: true,
  renewalDeadline: true,
  lateAnswer: true,
  replayMargin: true,
  logLevel: true,
  logFormat: true,
  ownProviders: true,
  providers: true,
} satisfies Record<keyof ConfigFile, true>;

const PROVIDER_FIELDS = {
  clientId: true,
  clientSecret: true,
  privateKey: true,
  privateKeyId: true,
  issuer: true,
  scopes: true,
  host: true,
  domain: true,
  audience: true,
  organization: true,
  clientAuth: true,
  rotation: true,
  leeway: true,
  refreshLifetime: true,
  refreshIdleLifetime: true,
  replayInLeeway: true,
  tenant: true,
  testing: true,
  baseUrl: true,
  replay: true,
} satisfies Record<keyof ProviderSettings, true>;

function checkFields(config: unknown): asserts config is ConfigFile {
  checkNames(config, FIELDS, '');
  const { providers = {}, ownProviders = [] } = config as ConfigFile;
  if (!isObject(providers))
    throw wrong('providers is not an object. Give settings by the id of a provider.', 'providers');
  for (const [id, settings] of Object.entries(providers)) checkNames(settings, PROVIDER_FIELDS, `providers.${id}`);
  if (!Array.isArray(ownProviders))
    throw wrong('ownProviders is not a list. Give what defineProvider gives, in a list.', 'ownProviders');
}

function checkNames(value: unknown, known: Readonly<Record<string, true>>, where: string): void {
  if (!isObject(value))
    throw wrong(`${where === '' ? 'its default export' : where} is not an object. Give one of settings.`, where);
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const at = where === '' ? unknown : `${where}.${unknown}`;
  throw wrong(`There is no setting ${at}. There are: ${Object.keys(known).join(', ')}.`, at);
}

/** Settings for a provider that there is not would be read by nobody. */
function checkIds({ providers = {} }: ConfigFile, ownProviders: readonly Provider[]): void {
  const ids = ownProviders.map(({ id }) => id);
  const doubled = ids.find((id, index) => ids.indexOf(id) !== index);
  if (doubled !== undefined) throw wrong(`ownProviders has two providers with the id ${doubled}.`, 'ownProviders');
  const known = [...CATALOGUE.map(({ id }) => id), ...ids];
  for (const [id, { issuer }] of Object.entries(providers)) {
    if (issuer !== undefined || known.includes(id)) continue;
    throw wrong(
      `There is no provider ${id}. There are: ${known.join(', ')}. Define it in ownProviders, or give its issuer.`,
      `providers.${id}`,
    );
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(what: string, where: string): KippuError {
  return new KippuError('invalid', what, { where });
}
