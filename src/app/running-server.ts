import { existsSync } from 'node:fs';
import type { NodeId } from '../model/ids.ts';
import { openDataDirectory, type ServerRecord } from '../store/data-directory.ts';
import { systemProcesses } from './ports/system-processes.ts';
import { systemRandom } from './ports/system-random.ts';

/** The server that runs on this installation, if one does. Makes nothing where there is no data directory yet. */
export function findRunningServer(rootHome: string): ServerRecord | undefined {
  if (!existsSync(rootHome)) return undefined;
  const processes = systemProcesses('' as NodeId);
  return openDataDirectory(rootHome, systemRandom).readServer((server) =>
    processes.isGone({ ...processes.self, ...server }),
  );
}
