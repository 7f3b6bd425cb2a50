import { DAY_MS, HOUR_MS } from '../../src/model/clock.ts';
import type { Attempt, StoredCredential } from '../../src/model/credential-store.ts';
import type { AttemptId, ConnectionId, Fingerprint, NodeId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import type { Provider } from '../../src/providers/provider.ts';
import type { SeenWithApp } from '../../src/renewal/need.ts';
import { DEFAULT_TIMING } from '../../src/renewal/ports.ts';
import { plain } from '../support/made-up-providers.ts';

export const NOW_MS = Date.parse('2026-11-21T00:00:00Z');
export const ACCESS = 'the stored access token' as Fingerprint;
export const NOW = { nowMs: NOW_MS, timing: DEFAULT_TIMING };

/** A connection an hour into a two-hour token, seen through a provider; what differs is said by the test. */
export function seen(of: {
  readonly provider?: Provider;
  readonly replay?: boolean;
  readonly credential?: Partial<StoredCredential>;
  readonly attempt?: Partial<Attempt>;
  readonly look?: Partial<Pick<SeenWithApp, 'isLeased' | 'clockAheadMs' | 'isSenderGone' | 'senderSpoolEmptyAtMs'>>;
}): SeenWithApp {
  const app = providerApp(of.provider ?? plain, {
    clientId: 'c',
    clientSecret: new Secret('s'),
    replay: of.replay ?? true,
  });
  const credential: StoredCredential = {
    connectionId: 'con_1' as ConnectionId,
    name: 'plain:alice',
    provider: app.provider.id,
    owner: '',
    subject: '1',
    state: of.attempt === undefined ? 'active' : 'uncertain',
    stateReason: undefined,
    policy: 'on-use',
    scopes: ['read'],
    providerAppId: app.id,
    version: 3,
    fence: 5,
    generation: 'g',
    sealed: new Uint8Array(),
    accessFingerprint: ACCESS,
    refreshFingerprint: 'the stored refresh token' as Fingerprint,
    accessIssuedAtMs: NOW_MS - HOUR_MS,
    accessExpiresAtMs: NOW_MS + HOUR_MS,
    accessRefusedAtMs: undefined,
    grantedAtMs: NOW_MS - 10 * DAY_MS,
    refreshAbsoluteEndsAtMs: undefined,
    refreshIdleEndsAtMs: undefined,
    holdUntilMs: undefined,
    failures: 0,
    lease: undefined,
    openAttempt: of.attempt === undefined ? undefined : attempt(of.attempt),
    dueAtMs: undefined,
    app: { misconfiguredSinceMs: undefined, holdUntilMs: undefined, error: undefined, heldForOperator: false },
    jitter: 0,
    ...of.credential,
  };
  return {
    credential,
    app,
    isLeased: false,
    clockAheadMs: 0,
    isSenderGone: false,
    senderSpoolEmptyAtMs: undefined,
    ...of.look,
  };
}

/** A renewal that went unanswered ten minutes ago. */
export function attempt(more: Partial<Attempt> = {}): Attempt {
  return {
    id: 'att_1' as AttemptId,
    connectionId: 'con_1' as ConnectionId,
    purpose: 'renewal',
    version: 3,
    fence: 5,
    parentFingerprint: 'the stored refresh token' as Fingerprint,
    sender: { nodeId: 'node' as NodeId, machine: 'm', pid: 1, started: '1' },
    startedAtMs: NOW_MS - 600_000,
    startedMonotonicMs: undefined,
    endedAtMs: NOW_MS - 590_000,
    outcome: 'unanswered',
    error: undefined,
    replays: 0,
    ...more,
  };
}
