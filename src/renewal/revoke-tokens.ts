import type { TokenSet } from '../model/token-set.ts';
import {
  readRevocation,
  revocationPlan,
  type RevocationExtent,
  type RevocationOutcome,
} from '../protocol/revocation.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import type { RenewalPorts } from './ports.ts';

/** Revokes a token set at the provider. The first answer is the one that counts: after a refusal, nothing more is sent. */
export async function revokeAtProvider(
  app: ProviderApp,
  tokens: TokenSet,
  extent: RevocationExtent,
  { http }: Pick<RenewalPorts, 'http'>,
): Promise<RevocationOutcome> {
  const plan = revocationPlan(app, tokens, extent);
  if (plan.kind === 'impossible') return { kind: 'failed', error: plan.error, retryable: false };
  const [first, ...others] = plan.requests;
  const outcome = readRevocation(await http.send(first), app);
  if (outcome.kind === 'revoked') for (const request of others) await http.send(request);
  return outcome;
}
