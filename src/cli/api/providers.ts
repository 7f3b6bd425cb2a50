import type { ApiClient, Page } from './client.ts';
import type { ConnectionJson, ProviderJson } from './json.ts';

/** As far as scopes say it: where the provider needs one for a refresh token, whether that was granted. */
export async function hasRefreshToken({ provider, scopes }: ConnectionJson, api: ApiClient): Promise<boolean> {
  const { items } = await api.get<Page<ProviderJson>>('/v1/providers');
  const offline = items.find(({ id }) => id === provider)?.offline_scope;
  return offline === undefined || offline === null || scopes.includes(offline);
}
