import { randomBytes } from 'node:crypto';
import type { RenewedSettlement } from '../../src/model/credential-store.ts';
import type { AttemptId, ConnectionId, Fingerprint } from '../../src/model/ids.ts';
import type { Random } from '../../src/model/random.ts';

export const random: Random = { bytes: (count) => randomBytes(count), unit: () => 0.5 };

/** A settlement whose version is `index`; sealed bytes that no other has. */
export function settlement(index: number, sealed: Uint8Array = randomBytes(900)): RenewedSettlement {
  return {
    sealed: new Uint8Array(sealed),
    generation: `g${index}`,
    accessFingerprint: `fa${index}` as Fingerprint,
    refreshFingerprint: index % 2 === 0 ? (`fr${index}` as Fingerprint) : undefined,
    accessIssuedAtMs: 1_790_000_000_000 + index,
    accessExpiresAtMs: index % 3 === 0 ? undefined : 1_790_007_200_000,
    refreshAbsoluteEndsAtMs: undefined,
    refreshIdleEndsAtMs: 1_800_000_000_000,
    scopes: index % 5 === 0 ? undefined : ['tweet.read', 'offline.access'],
    dueAtMs: undefined,
    parentFingerprint: `fp${index}` as Fingerprint,
    claim: {
      attemptId: `att_${index}` as AttemptId,
      connectionId: `con_${index}` as ConnectionId,
      version: index,
      fence: index + 1,
      leaseExpiresAtMs: 1_790_000_060_000,
    },
  };
}
