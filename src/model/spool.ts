import { DAY_MS, MINUTE_MS } from './clock.ts';
import type { RenewedSettlement } from './credential-store.ts';

/** How long an entry stays after the store has its answer. */
export const SPOOL_RETENTION = { afterTroubleMs: 7 * DAY_MS, besideMs: 10 * MINUTE_MS } as const;

/**
 * A local, fsynced home for answers that the store could not take: full, locked, gone. An entry outlives the store's
 * acknowledgement by seven days, because an asynchronous standby may be promoted without it; re-applying one is
 * harmless any number of times.
 *
 * Where a standby may take the store's place, every answer comes here, beside its commit. Such an entry outlives the
 * acknowledgement by ten minutes only: there is one for each renewal.
 */
export interface Spool {
  /** Durable when it returns. Throws only when the disk refuses even the preallocated space. */
  keep(settlement: RenewedSettlement, options?: { readonly isBeside?: boolean }): SpoolEntry;
  /** The store has it: the entry stays for its time and counts no longer as waiting. */
  acknowledge(entry: SpoolEntry): void;
  /** Whole entries of every process of this node, oldest first; a torn one is reported by `damaged`. */
  entries(): readonly SpoolEntry[];
  damaged(): readonly string[];
  /** Makes room ahead of need, outside the hot path. */
  prepare(): Promise<void>;
  /** Removes acknowledged entries whose time is over. */
  tidy(): void;
  close(): Promise<void>;
}

export interface SpoolEntry {
  readonly file: string;
  readonly keptAtMs: number;
  readonly acknowledged: boolean;
  /** Kept beside a commit that went well, as far as was known. */
  readonly isBeside: boolean;
  readonly settlement: RenewedSettlement;
}
