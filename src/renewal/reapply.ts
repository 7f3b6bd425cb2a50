import type { RenewalPorts } from './ports.ts';

/**
 * Brings the answers that wait in the spool to the store: at start, and whenever the store may be back. Harmless any
 * number of times. Gives how many still wait.
 *
 * That nothing waits is reported as of before the look: an answer may come into the spool while we are at it.
 */
export async function reapplySpool(ports: RenewalPorts): Promise<number> {
  let waiting = 0;
  const lookedAtMs = ports.clock.nowMs();
  for (const entry of ports.spool.entries()) {
    if (entry.acknowledged) continue;
    try {
      await ports.credentials.settleRenewed(entry.settlement);
      ports.faults.reach('spool.reapplied');
      ports.spool.acknowledge(entry);
    } catch {
      // The store is still not there, or refuses this one, or the disk refuses the note: it is applied again later.
      waiting += 1;
    }
  }
  if (waiting === 0) await ports.home.reportSpoolEmpty(ports.processes.self.nodeId, lookedAtMs);
  return waiting;
}
