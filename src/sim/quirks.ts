import type { Provider, QuirkName } from '../providers/provider.ts';

interface Play {
  /** What is done where the provider has the quirk. */
  readonly on: unknown;
  /** What is done where it has not: the RFC's way. */
  readonly off: unknown;
}

/** How the simulator plays each departure from the RFCs. A table over all quirks: one that nobody plays does not compile. */
export const QUIRKS = {
  /** Reads a part of HTTP Basic. With the quirk a form-encoded secret is simply a wrong one. */
  basicWithoutEncoding: {
    on: (text: string): string => text,
    off: (text: string): string => new URLSearchParams(`v=${text.replaceAll('&', '%26')}`).get('v') ?? '',
  },
  /** What `token_type` says. */
  lowerCaseTokenType: { on: 'bearer', off: 'Bearer' },
  /** The order in which the granted scopes are answered. */
  scopesReordered: {
    on: (scopes: readonly string[]): readonly string[] => scopes.toReversed(),
    off: (scopes: readonly string[]): readonly string[] => scopes,
  },
} as const satisfies Record<QuirkName, Play>;

/** Which side of a quirk this provider is on: `QUIRKS.scopesReordered[sideOf(provider, 'scopesReordered')]`. */
export function sideOf(provider: Provider, name: QuirkName): 'on' | 'off' {
  return provider.quirks[name] === true ? 'on' : 'off';
}
