import type { ProviderApp } from '../providers/provider-app.ts';
import type { UpTexts } from './texts/up-texts.ts';

/** A command that works here and now, and what it does. */
export type Suggestion = readonly [command: string, what: string];

/**
 * What to try after the start: with the simulated X where there is one, else with the first provider that users can consent
 * at. `canPost` knows by its id whether Kippu posts there.
 */
export function tryNext(
  apps: readonly ProviderApp[],
  { isSandbox, canPost }: { readonly isSandbox: boolean; readonly canPost: (provider: string) => boolean },
  texts: UpTexts,
): readonly Suggestion[] {
  const consented = apps.filter(({ endpoints }) => endpoints.authorization !== '');
  const app = consented.find(({ provider }) => canPost(provider.id)) ?? consented[0];
  if (app === undefined) return [['kippu doctor', texts.doctor]];
  const { id } = app.provider;
  // In the sandbox there is an Alice.
  const name = isSandbox ? `${id}:alice` : `${id}:NAME`;
  return [
    [`kippu connect ${id}${isDeviceOnly(app) ? ' --device' : ''}`, isSandbox ? texts.connectSimulated : texts.connect],
    [`kippu token ${name}`, texts.token],
    ...(canPost(id) ? [[`kippu post ${name} "Good morning"`, texts.post] as const] : []),
  ];
}

function isDeviceOnly({ provider, clientSecret, clientKey }: ProviderApp): boolean {
  return clientSecret === undefined && clientKey === undefined && provider.quirks.deviceFlowWithoutSecret === true;
}
