import { KippuError } from '../model/errors.ts';
import type { ConnectionId } from '../model/ids.ts';
import type { Attempt, StoredCredential } from '../model/credential-store.ts';
import type { Need, Seen } from './need.ts';
import { endsWhenRefused, mayBePresentedAgain } from './foundations.ts';
import { isYoung } from './lifetimes.ts';
import type { RenewalPorts } from './ports.ts';

/**
 * One look at a connection. What only a look can find out is made durable here: a sender that is gone or silent leaves
 * its attempt unanswered, and a refused access token counts as ended.
 *
 * Throws `not_found`.
 */
export async function lookAt(id: ConnectionId, need: Need, ports: RenewalPorts): Promise<Seen> {
  const credential = await read(id, ports);
  const seen = await judge(credential, ports);
  const attempt = credential.openAttempt;
  const isAbandoned = attempt !== undefined && attempt.outcome === undefined && !seen.isLeased;
  const isNewlyRefused =
    need.kind === 'refused' &&
    need.accessFingerprint === credential.accessFingerprint &&
    credential.accessRefusedAtMs === undefined &&
    endsWhenRefused(credential) &&
    !isYoung(credential, ports.clock.nowMs());
  if (!isAbandoned && !isNewlyRefused) return seen;
  if (isNewlyRefused) await ports.credentials.noteRefusedAccess(id, credential.version);
  if (isAbandoned) await abandon(credential, attempt.id, seen, ports);
  return judge(await read(id, ports), ports);
}

/** A look that writes nothing down: what a store that takes nothing still shows. Throws `not_found`. */
export async function glanceAt(id: ConnectionId, ports: RenewalPorts): Promise<Seen> {
  return judge(await read(id, ports), ports);
}

async function read(id: ConnectionId, ports: RenewalPorts): Promise<StoredCredential> {
  const credential = await ports.credentials.read(id);
  if (credential === undefined)
    throw new KippuError('not_found', `There is no connection ${id}. \`kippu connections\` lists them.`);
  return credential;
}

async function judge(credential: StoredCredential, ports: RenewalPorts): Promise<Seen> {
  const { lease, openAttempt } = credential;
  const clockAheadMs = openAttempt === undefined ? 0 : clockAheadSince(openAttempt, ports);
  const isLeased =
    lease !== undefined &&
    lease.expiresAtMs + clockAheadMs > ports.clock.nowMs() &&
    !ports.processes.isGone(lease.holder);
  return {
    credential,
    app: ports.apps.get(credential.providerAppId),
    isLeased,
    clockAheadMs,
    isSenderGone: openAttempt !== undefined && !isLeased && ports.processes.isGone(openAttempt.sender),
    senderSpoolEmptyAtMs: openAttempt === undefined ? undefined : await spoolEmptyAtMs(openAttempt, ports),
  };
}

/**
 * Another node's spool is as that node has reported it. Into our own we look: the report is some seconds old.
 */
async function spoolEmptyAtMs(
  { sender }: Attempt,
  { clock, home, processes, spool }: RenewalPorts,
): Promise<number | undefined> {
  const nowMs = clock.nowMs();
  const isOurs = sender.nodeId === processes.self.nodeId;
  if (isOurs && spool.entries().every(({ acknowledged }) => acknowledged)) return nowMs;
  return home.spoolEmptyAtMs(sender.nodeId);
}

/**
 * A wall clock that is set forward makes a sender look overdue that has only just begun, and so does a night's sleep of
 * the machine. All processes of one boot share a clock that does neither: by that one the sender is given its time.
 */
function clockAheadSince(
  { sender, startedAtMs, startedMonotonicMs }: Attempt,
  { clock, processes }: RenewalPorts,
): number {
  if (startedMonotonicMs === undefined || sender.machine !== processes.self.machine) return 0;
  const passedMs = clock.monotonicMs() - startedMonotonicMs;
  // Another boot of a machine that cannot tell its boots apart: its count began anew.
  if (passedMs < 0) return 0;
  return Math.max(0, clock.nowMs() - startedAtMs - passedMs);
}

/** Where what was presented may be presented again, an unanswered renewal leaves no question. */
async function abandon(
  credential: StoredCredential,
  attemptId: NonNullable<StoredCredential['openAttempt']>['id'],
  seen: Seen,
  ports: RenewalPorts,
): Promise<void> {
  const nowMs = ports.clock.nowMs();
  if (mayBePresentedAgain(credential, seen.app)) {
    await ports.credentials.markNotSpent(credential.connectionId, attemptId, nowMs);
  } else {
    await ports.credentials.markUncertain(credential.connectionId, attemptId, nowMs);
  }
}
