import type { Clock } from '../../model/clock.ts';
import type { RenewedSettlement } from '../../model/credential-store.ts';
import { SPOOL_RETENTION, type Spool, type SpoolEntry } from '../../model/spool.ts';

/** Keeps answers as long as the process lives: for tests, and for stores that are themselves in memory. */
export class MemorySpool implements Spool {
  readonly #clock: Clock;
  readonly #entries = new Map<string, SpoolEntry>();
  #kept = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  keep(settlement: RenewedSettlement, { isBeside = false }: { readonly isBeside?: boolean } = {}): SpoolEntry {
    if (isBeside) this.tidy();
    this.#kept += 1;
    const entry = {
      file: `memory:${this.#kept}`,
      keptAtMs: this.#clock.nowMs(),
      acknowledged: false,
      isBeside,
      settlement,
    };
    this.#entries.set(entry.file, entry);
    return entry;
  }

  acknowledge({ file }: SpoolEntry): void {
    const entry = this.#entries.get(file);
    if (entry !== undefined) this.#entries.set(file, { ...entry, acknowledged: true });
  }

  entries(): readonly SpoolEntry[] {
    return [...this.#entries.values()];
  }

  damaged(): readonly string[] {
    return [];
  }

  async prepare(): Promise<void> {}

  tidy(): void {
    for (const { file, acknowledged, keptAtMs, isBeside } of this.entries()) {
      const retentionMs = isBeside ? SPOOL_RETENTION.besideMs : SPOOL_RETENTION.afterTroubleMs;
      if (acknowledged && this.#clock.nowMs() - keptAtMs > retentionMs) this.#entries.delete(file);
    }
  }

  async close(): Promise<void> {}
}
