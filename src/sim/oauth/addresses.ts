import type { SimRequest } from '../wire.ts';
import type { World } from '../world.ts';

/** One of the provider's addresses as this request's client knows it: here; without a socket, where the provider is. */
export function placeOf(address: string, { headers }: Pick<SimRequest, 'headers'>): string {
  const { origin } = new URL(address);
  return headers['host'] === undefined ? address : `http://${headers['host']}${address.slice(origin.length)}`;
}

/** How the simulated server names itself (RFC 8414, section 2). */
export function issuerAt({ provider }: World, request: Pick<SimRequest, 'headers'>): string {
  const { issuer, token } = provider.endpoints;
  return placeOf(issuer ?? new URL(token).origin, request);
}
