import { SECOND_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import { newId, type ConnectionId } from '../model/ids.ts';
import { leaseMs } from './exchange.ts';
import { lookAt } from './look.ts';
import { openTokens } from './open-tokens.ts';
import type { Seen } from './need.ts';
import type { RenewalPorts } from './ports.ts';
import { revokeAtProvider } from './revoke-tokens.ts';

const LOOK_AGAIN_MS = 200;
/** Whoever holds the lease now, it is over before we give up. */
const GRACE_MS = 5 * SECOND_MS;

export interface Revocation {
  /** `false`: only here; the provider keeps the grant. */
  readonly atProvider: boolean;
}

/**
 * Ends a connection because somebody here asked for it. It takes the lease first: a renewal that is in flight is waited
 * for, so that what it brings is revoked too. If the provider cannot be reached, nothing changes here, and the error
 * says so; `atProvider: false` ends it here alone.
 *
 * Throws `not_found`, `unavailable`, `misconfigured`.
 */
export async function revoke(id: ConnectionId, revocation: Revocation, ports: RenewalPorts): Promise<void> {
  const untilMs = ports.clock.monotonicMs() + leaseMs(ports) + GRACE_MS;
  while (ports.clock.monotonicMs() < untilMs) {
    const seen = await lookAt(id, { kind: 'use', minTtlMs: undefined }, ports);
    if (seen.credential.state === 'revoked') return;
    const { app } = seen;
    if (app === undefined && revocation.atProvider) {
      throw new KippuError(
        'misconfigured',
        `${seen.credential.name} belongs to a provider app that is not configured. Configure it, or use --local-only.`,
      );
    }
    if (await revokeOnce(seen, revocation, ports)) return;
    await ports.clock.sleep(LOOK_AGAIN_MS);
  }
  throw new KippuError(
    'unavailable',
    `A renewal of ${id} is still under way. It was not revoked; try again in a few minutes.`,
  );
}

/** `false`: somebody holds the lease, or moved the credential since it was seen. */
async function revokeOnce(
  { credential, app, isLeased }: Seen,
  revocation: Revocation,
  ports: RenewalPorts,
): Promise<boolean> {
  if (isLeased) return false;
  // Opened before anything is claimed: what cannot be opened can still be revoked here alone.
  const dead =
    revocation.atProvider && app !== undefined ? { app, tokens: openTokens({ credential, app }, ports) } : undefined;
  const claim = await ports.credentials.claim({
    connectionId: credential.connectionId,
    version: credential.version,
    openAttemptId: credential.openAttempt?.id,
    attemptId: newId('att', ports.random),
    purpose: 'revocation',
    parentFingerprint: credential.refreshFingerprint ?? credential.accessFingerprint,
    sender: ports.processes.self,
    leaseMs: leaseMs(ports),
    replays: 0,
  });
  if (claim === undefined) return false;
  if (dead !== undefined) {
    const outcome = await revokeAtProvider(dead.app, dead.tokens, ports);
    if (outcome.kind === 'failed') {
      const nowMs = ports.clock.nowMs();
      await ports.credentials.settleFailed({
        claim,
        outcome: 'not_sent',
        concerns: 'connection',
        error: outcome.error,
        holdUntilMs: undefined,
        dueAtMs: nowMs,
      });
      throw new KippuError(
        outcome.retryable ? 'unavailable' : 'misconfigured',
        `${credential.name} was not revoked: ${outcome.error}. Try again, or use --local-only to forget it here alone.`,
        { retryAfterMs: 30 * SECOND_MS },
      );
    }
  }
  return ports.connections.settleRevoked(credential.connectionId, claim.fence, { atProvider: revocation.atProvider });
}
