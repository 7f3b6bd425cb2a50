import type { Config } from '../../app/config.ts';
import { KippuError } from '../../model/errors.ts';
import type { ProviderJson } from '../api/json.ts';
import type { ApiContext } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { printable } from '../printable.ts';
import { SETUP_TEXTS } from '../texts/setup-texts.ts';

/** Says what to make where, to the letter, for a provider that is not configured. Throws `not_found` for it. */
export async function refuseUnconfigured(provider: string, { api }: ApiContext, cli: Cli): Promise<void> {
  const { items } = await api.get<{ readonly items: readonly ProviderJson[] }>('/v1/providers');
  const found = items.find(({ id }) => id === provider);
  if (found?.configured === true) return;
  if (found !== undefined) throw notConfigured(found, cli);
  if (!(await hasDescribedItself(provider, api))) throw unknown(provider, items, cli);
}

/**
 * Where nothing is configured and no server runs, the sandbox's providers run nowhere. Whoever names a provider then wants
 * the real one, and is told what to make where; nothing is opened for that. Throws `not_found`, or `conflict` where the
 * sandbox was switched on in the place of a provider that is configured.
 */
export async function refuseSandboxAlone(provider: string, config: Config, cli: Cli): Promise<void> {
  if (!config.sandbox) return;
  const [{ connectableProviders }, { providerJson }] = await Promise.all([
    import('../../app/providers.ts'),
    import('../../server/bodies/provider.ts'),
  ]);
  const items = connectableProviders(config).map(providerJson);
  const found = items.find(({ id }) => id === provider);
  if (found === undefined) throw unknown(provider, items, cli);
  const [idVariable = ''] = found.variables;
  if (config.settings.get(idVariable) !== undefined)
    throw new KippuError('conflict', cli.texts.connect.sandboxNeedsServer);
  throw notConfigured(found, cli);
}

/**
 * A provider that is configured by its issuer is in no list before it has described itself: whoever asks for it hears
 * what is the matter. Throws that.
 */
async function hasDescribedItself(provider: string, api: ApiContext['api']): Promise<boolean> {
  try {
    await api.post('/v1/connect-sessions', { provider });
    return true;
  } catch (error) {
    if (!(error instanceof KippuError && error.code === 'not_found')) throw error;
    return false;
  }
}

function unknown(provider: string, items: readonly ProviderJson[], cli: Cli): KippuError {
  const known = items.map(({ id }) => id);
  const message = SETUP_TEXTS[cli.language].unknown(printable(provider), known);
  return new KippuError('not_found', message, { where: 'provider' });
}

/** Prints the steps besides: they are too long for an error. */
function notConfigured(provider: ProviderJson, cli: Cli): KippuError {
  cli.say(setupLines(provider, cli).join('\n'));
  return new KippuError('not_found', SETUP_TEXTS[cli.language].notConfigured(provider.name), { where: 'provider' });
}

function setupLines(provider: ProviderJson, cli: Cli): readonly string[] {
  const texts = SETUP_TEXTS[cli.language];
  const { registration, callback_url: callback, needed_variables: needed } = provider;
  const [idVariable = '', secretVariable = '', ...others] = provider.variables;
  const optional = others.filter((name) => !needed.includes(name));
  const sandbox = texts.sandbox(provider.id);
  if (registration === null) return [...texts.bare(idVariable, [secretVariable, ...needed], callback), sandbox];
  const steps = texts.steps({
    provider: provider.name,
    console: registration.console,
    makes: registration.makes,
    callbackField: registration.callback_field,
    callback,
    httpsOnly: registration.https_only,
    idName: registration.client_id_name,
    secretName: registration.client_secret_name,
    idVariable,
    secretVariable,
    needed,
  });
  const isRefused = registration.https_only && !callback.startsWith('https:');
  return [...steps, texts.more(optional), ...(isRefused ? [texts.httpsNeeded] : []), sandbox];
}
