import type { NodeId } from './ids.ts';

/** Who sent something, precisely enough to tell later whether that process is gone for good. */
export interface ProcessIdentity {
  readonly nodeId: NodeId;
  /** The machine, its boot and the process-id namespace: only within one of these do process ids mean anything. */
  readonly machine: string;
  readonly pid: number;
  /** When the process started, in the machine's own units, because process ids are used again. Empty: not known here. */
  readonly started: string;
}

export interface Processes {
  readonly self: ProcessIdentity;
  /** `true` only if it is certain: another machine's process is never gone. */
  isGone(process: ProcessIdentity): boolean;
}
