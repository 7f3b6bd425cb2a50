import type { World } from '../world.ts';

/** One of the provider's addresses as its client knows it: at this origin; without one, where the provider is. */
export function placeOf(address: string, origin: string | undefined): string {
  return origin === undefined ? address : origin + address.slice(new URL(address).origin.length);
}

/** How the simulated server names itself (RFC 8414, section 2); it has its address from whoever asks. */
export function issuerOf({ provider, origin }: Pick<World, 'provider' | 'origin'>): string {
  const { issuer, token } = provider.endpoints;
  return placeOf(issuer ?? new URL(token).origin, origin);
}
