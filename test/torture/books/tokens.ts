import type { Evidence } from '../evidence.ts';
import { instant, type Flaw } from './renewals.ts';

/** Tokens that were handed out and were not good: another user's, nobody's, or over before anybody asked. */
export function badTokens({ reads, provider }: Evidence): Flaw[] {
  return reads.flatMap(({ handle, tokenHash, fromMs }) => {
    const token = provider.tokens.get(tokenHash);
    const at = `handed out at ${instant(fromMs)}`;
    if (token === undefined || token.kind !== 'access') return [{ handle, what: `${at}: no token of the provider's` }];
    if (token.handle !== handle) return [{ handle, what: `${at}: ${token.handle}'s` }];
    const endMs = Math.min(
      token.expiresAtMs ?? Number.POSITIVE_INFINITY,
      token.revokedAtMs ?? Number.POSITIVE_INFINITY,
    );
    return endMs < fromMs ? [{ handle, what: `${at}: over since ${instant(endMs)}` }] : [];
  });
}
