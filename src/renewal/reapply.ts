import { MINUTE_MS } from '../model/clock.ts';
import type { ConnectionId } from '../model/ids.ts';
import type { SpoolEntry } from '../model/spool.ts';
import type { RenewalPorts } from './ports.ts';

/** A standby lacks the last moments: what was acknowledged before them need not be looked at in every round. */
const FRESH_MS = 10 * MINUTE_MS;

/**
 * What becomes of answers that the store has acknowledged: those of the last minutes are brought once more, because a
 * standby that lacks the last commits may have taken its place since; or every one that it ever acknowledged; or none.
 */
type Acknowledged = 'fresh' | 'all' | 'left';

/**
 * Brings the answers that wait in the spool to the store: at start, and whenever the store may be back. Harmless any
 * number of times. Gives how many still wait.
 *
 * That nothing waits is reported as of before the look: an answer may come into the spool while we are at it.
 */
export async function reapplySpool(
  ports: RenewalPorts,
  { acknowledged = 'fresh' }: { readonly acknowledged?: Acknowledged } = {},
): Promise<number> {
  let waiting = 0;
  const lookedAtMs = ports.clock.nowMs();
  const entries = ports.spool.entries();
  const isLost = await findLost(entries, { acknowledged, nowMs: lookedAtMs }, ports);
  for (const entry of entries) {
    if (entry.acknowledged && !isLost(entry)) continue;
    try {
      await ports.credentials.settleRenewed(entry.settlement);
      ports.faults.reach('spool.reapplied');
      ports.spool.acknowledge(entry);
    } catch {
      // The store is still not there, or refuses this one, or the disk refuses the note: it is applied again later.
      if (!entry.acknowledged) waiting += 1;
    }
  }
  if (waiting === 0) await ports.home.reportSpoolEmpty(ports.processes.self.nodeId, lookedAtMs);
  return waiting;
}

/**
 * Which of the acknowledged entries the store may lack. One that can say so is asked, for all of them at once; of another
 * it is assumed.
 */
async function findLost(
  entries: readonly SpoolEntry[],
  { acknowledged, nowMs }: { readonly acknowledged: Acknowledged; readonly nowMs: number },
  { credentials }: RenewalPorts,
): Promise<(entry: SpoolEntry) => boolean> {
  if (acknowledged === 'left') return () => false;
  if (credentials.lacking === undefined)
    return ({ keptAtMs }) => acknowledged === 'all' || nowMs - keptAtMs <= FRESH_MS;
  const attempts = entries.filter((entry) => entry.acknowledged).map((entry) => entry.settlement.claim.attemptId);
  if (attempts.length === 0) return () => false;
  try {
    const lacking = await credentials.lacking(attempts);
    return (entry) => lacking.has(entry.settlement.claim.attemptId);
  } catch {
    // The store is not there: it is asked again in the next round.
    return () => false;
  }
}

/**
 * Before a replay: the answer may be waiting right here, and the store be back just now. Gives whether it took one of them;
 * rejects where it still takes nothing.
 */
export async function reapplyAnswersFor(id: ConnectionId, ports: RenewalPorts): Promise<boolean> {
  let isTaken = false;
  for (const entry of ports.spool.entries()) {
    if (entry.acknowledged || entry.settlement.claim.connectionId !== id) continue;
    const as = await ports.credentials.settleRenewed(entry.settlement);
    isTaken ||= as === 'settled' || as === 'adopted';
  }
  return isTaken;
}
