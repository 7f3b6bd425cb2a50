import type { Consent } from '../model/consent-store.ts';
import type { TokenSet } from '../model/token-set.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { fail, type Failed } from './ending.ts';
import { revokeTokens } from './pending.ts';
import type { ConsentPorts } from './ports.ts';

interface Unusable {
  readonly app: ProviderApp;
  readonly tokens: TokenSet;
  readonly error: string;
}

/** Tokens came that nothing can be done with. They are given back, as well as it goes, and the consent has failed. */
export async function putDown(
  consent: Consent,
  { app, tokens, error }: Unusable,
  ports: ConsentPorts,
): Promise<Failed> {
  await revokeTokens(app, tokens, ports);
  return fail(consent, { failure: 'unusable_answer', detail: `${app.provider.name}: ${error}` }, ports);
}
