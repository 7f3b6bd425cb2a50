import type { TokenSet } from '../model/token-set.ts';
import {
  readRevocation,
  revocationPlan,
  type RevocationExtent,
  type RevocationOutcome,
} from '../protocol/revocation.ts';
import { sendAsClient, type SigningPorts } from '../protocol/signed-request.ts';
import type { ProviderApp } from '../providers/provider-app.ts';

/** Revokes a token set at the provider. The first answer is the one that counts: after a refusal, nothing more is sent. */
export async function revokeAtProvider(
  app: ProviderApp,
  tokens: TokenSet,
  extent: RevocationExtent,
  ports: SigningPorts,
): Promise<RevocationOutcome> {
  const plan = revocationPlan(app, tokens, extent);
  if (plan.kind === 'impossible') return { kind: 'failed', error: plan.error, retryable: false };
  const [first, ...others] = plan.requests;
  const signer = { app, proofKey: undefined };
  const outcome = readRevocation(await sendAsClient(first, signer, ports), app);
  if (outcome.kind === 'revoked') for (const request of others) await sendAsClient(request, signer, ports);
  return outcome;
}
