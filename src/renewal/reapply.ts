import type { RenewalPorts } from './ports.ts';

/**
 * Brings the answers that wait in the spool to the store: at start, and whenever the store may be back. Harmless any
 * number of times. Gives how many still wait.
 */
export async function reapplySpool(ports: RenewalPorts): Promise<number> {
  let waiting = 0;
  for (const entry of ports.spool.entries()) {
    if (entry.acknowledged) continue;
    try {
      await ports.credentials.settleRenewed(entry.settlement);
    } catch {
      // The store is still not there, or refuses this one: it stays in the spool and is tried again.
      waiting += 1;
      continue;
    }
    ports.faults.reach('spool.reapplied');
    ports.spool.acknowledge(entry);
  }
  if (waiting === 0) await ports.home.reportSpoolEmpty(ports.processes.self.nodeId, ports.clock.nowMs());
  return waiting;
}
