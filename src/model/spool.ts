import type { RenewedSettlement } from './credential-store.ts';

/**
 * A local, fsynced home for answers that the store could not take: full, locked, gone. An entry outlives the store's
 * acknowledgement by seven days, because an asynchronous standby may be promoted without it; re-applying one is
 * harmless any number of times.
 */
export interface Spool {
  /** Durable when it returns. Throws only when the disk refuses even the preallocated space. */
  keep(settlement: RenewedSettlement): SpoolEntry;
  /** The store has it: the entry stays for a week and counts no longer as waiting. */
  acknowledge(entry: SpoolEntry): void;
  /** Whole entries of every process of this node, oldest first; a torn one is reported by `damaged`. */
  entries(): readonly SpoolEntry[];
  damaged(): readonly string[];
  /** Makes room ahead of need, outside the hot path. */
  prepare(): Promise<void>;
  /** Removes acknowledged entries that are older than a week. */
  tidy(): void;
  close(): Promise<void>;
}

export interface SpoolEntry {
  readonly file: string;
  readonly keptAtMs: number;
  readonly acknowledged: boolean;
  readonly settlement: RenewedSettlement;
}
