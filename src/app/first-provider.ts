import type { ProviderApp } from '../providers/provider-app.ts';

/** Where somebody who has just started Kippu may begin. */
export interface FirstProvider {
  readonly id: string;
  /** Without a secret, some providers give tokens to devices alone. */
  readonly connectsBy: 'browser' | 'device';
  readonly canPost: boolean;
}

/** The first that users can consent at, those before the others that Kippu posts to. `undefined`: there is none. */
export function firstProvider(
  apps: readonly ProviderApp[],
  networks: ReadonlyMap<string, unknown>,
): FirstProvider | undefined {
  const consented = apps.filter(({ endpoints }) => endpoints.authorization !== '');
  const app = consented.find(({ provider }) => networks.has(provider.id)) ?? consented[0];
  if (app === undefined) return undefined;
  const { id } = app.provider;
  return { id, connectsBy: isDeviceOnly(app) ? 'device' : 'browser', canPost: networks.has(id) };
}

function isDeviceOnly({ provider, clientSecret, clientKey }: ProviderApp): boolean {
  return clientSecret === undefined && clientKey === undefined && provider.quirks.deviceFlowWithoutSecret === true;
}
