import type { Access } from '../model/access-tokens.ts';
import type { ProviderApp } from './provider-app.ts';

/** Where an app's access tokens may be sent: its API, the provider's other APIs, and the call that says whose they are. */
export function reachOf({
  provider,
  endpoints,
}: ProviderApp): Required<Pick<Access, 'apiOrigin' | 'legacyOrigins' | 'furtherOrigins'>> {
  const { apiOrigins = [], legacyOrigins = [] } = provider;
  const further = endpoints.identity === undefined ? apiOrigins : [...apiOrigins, endpoints.identity];
  return { apiOrigin: endpoints.api, legacyOrigins, furtherOrigins: further.map((url) => new URL(url).origin) };
}
