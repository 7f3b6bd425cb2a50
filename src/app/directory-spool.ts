import { createHash } from 'node:crypto';
import { openSpool, type DirectorySpool } from '../store/spool.ts';
import type { Clock } from '../model/clock.ts';
import type { FaultPoints } from '../model/fault-points.ts';
import type { Random } from '../model/random.ts';
import type { systemProcesses } from './ports/system-processes.ts';

/**
 * A process is named in its files by its machine, its id and its start: another container's process is never taken for
 * one that is gone here.
 */
export function directorySpool(
  path: string,
  { clock, random, faults }: { readonly clock: Clock; readonly random: Random; readonly faults: FaultPoints },
  processes: ReturnType<typeof systemProcesses>,
): DirectorySpool {
  const { self } = processes;
  const machine = createHash('sha256').update(self.machine).digest('hex').slice(0, 12);
  return openSpool({
    directory: path,
    clock,
    random,
    faults,
    processId: [machine, self.pid, self.started === '' ? '0' : self.started].join('-'),
    isProcessGone: (processId) => {
      const [itsMachine, pid, started] = processId.split('-');
      if (itsMachine !== machine) return false;
      return processes.isGone({
        ...self,
        pid: Number(pid),
        started: started === undefined || started === '0' ? '' : started,
      });
    },
  });
}
