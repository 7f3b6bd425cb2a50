import type { TokenSet } from '../model/token-set.ts';
import { readRevocation, revocationRequest, type RevocationOutcome } from '../protocol/revocation.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import type { RenewalPorts } from './ports.ts';

/**
 * Revokes a token set at the provider (RFC 7009): the refresh token, which ends the grant, and the access token, which
 * may live on without it. The refresh token's answer is the one that counts.
 */
export async function revokeAtProvider(
  app: ProviderApp,
  tokens: TokenSet,
  { http }: Pick<RenewalPorts, 'http'>,
): Promise<RevocationOutcome> {
  const refresh =
    tokens.refreshToken === undefined
      ? undefined
      : revocationRequest(app, { token: tokens.refreshToken, hint: 'refresh_token' });
  const access = revocationRequest(app, { token: tokens.accessToken, hint: 'access_token' });
  if (access === undefined)
    return { kind: 'failed', error: `${app.provider.name} has no revocation endpoint`, retryable: false };
  const first = refresh === undefined ? undefined : readRevocation(await http.send(refresh));
  if (first?.kind === 'failed') return first;
  const second = readRevocation(await http.send(access));
  return first ?? second;
}
