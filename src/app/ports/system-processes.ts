import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import type { NodeId } from '../../model/ids.ts';
import type { Processes, ProcessIdentity } from '../../model/processes.ts';

/**
 * Who this process is, and whether another one is gone for good. Only within one boot of one machine, and one
 * process-id namespace, does a missing process id prove anything: two containers see different processes under the
 * same number.
 */
export function systemProcesses(nodeId: NodeId): Processes {
  const machine = thisMachine();
  return {
    self: { nodeId, machine, pid: process.pid, started: startOf(process.pid) ?? '' },
    isGone: (other) => other.machine === machine && other.pid > 0 && isGone(other),
  };
}

function isGone({ pid, started }: ProcessIdentity): boolean {
  if (pid === process.pid) return started !== (startOf(pid) ?? '');
  const startedNow = startOf(pid);
  // A process id is used again; the start time tells the two apart where the system says it.
  if (startedNow !== undefined && started !== '') return startedNow !== started;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM means that somebody else's process has this id: it exists.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

function thisMachine(): string {
  const boot = read('/proc/sys/kernel/random/boot_id');
  if (boot === undefined) return `${hostname()}/${process.platform}`;
  return `${boot.trim()}/${namespaceOf()}`;
}

function namespaceOf(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    // Not to be told here: then only processes that cannot tell either are compared.
    return 'unknown';
  }
}

/** The start time in clock ticks after boot: field 22 of `/proc/PID/stat`, counted after the name in parentheses. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; only its parent has not looked yet.
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return fields[19];
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // No such process, or no /proc on this system: there is nothing to tell.
    return undefined;
  }
}
