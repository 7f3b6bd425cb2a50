import { KippuError } from '../../model/errors.ts';
import type { ProviderJson } from '../api/json.ts';
import type { ApiContext } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { printable } from '../printable.ts';
import { SETUP_TEXTS } from '../texts/setup-texts.ts';

/** Says what to make where, to the letter, for a provider that is not configured. Throws `not_found` for it. */
export async function refuseUnconfigured(provider: string, { api }: ApiContext, cli: Cli): Promise<void> {
  const texts = SETUP_TEXTS[cli.language];
  const { items } = await api.get<{ readonly items: readonly ProviderJson[] }>('/v1/providers');
  const found = items.find(({ id }) => id === provider);
  if (found?.configured === true) return;
  if (found === undefined) {
    const known = items.map(({ id }) => id);
    throw new KippuError('not_found', texts.unknown(printable(provider), known), { where: 'provider' });
  }
  cli.say(setupLines(found, cli).join('\n'));
  throw new KippuError('not_found', texts.notConfigured(found.name), { where: 'provider' });
}

function setupLines(provider: ProviderJson, cli: Cli): readonly string[] {
  const texts = SETUP_TEXTS[cli.language];
  const { registration, callback_url: callback } = provider;
  const [idVariable = '', secretVariable = '', ...others] = provider.variables;
  const sandbox = texts.sandbox(provider.id);
  if (registration === null) return [...texts.bare(idVariable, secretVariable, callback), sandbox];
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
  });
  const isRefused = registration.https_only && !callback.startsWith('https:');
  return [...steps, texts.more(others), ...(isRefused ? [texts.httpsNeeded] : []), sandbox];
}
