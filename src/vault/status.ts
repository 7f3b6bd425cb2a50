import { KippuError } from '../model/errors.ts';
import type { HomeStore, SealedRow } from '../model/home-store.ts';
import type { Spool, SpoolEntry } from '../model/spool.ts';
import type { Vault } from '../model/vault.ts';
import { ownRows, readRow, sealedPages } from './sealed-rows.ts';

/** How many unreadable values a report names; the rest are counted. A ring without the right key makes every value one. */
const UNREADABLE_NAMED_MAX = 1000;

export interface VaultStatusOptions {
  readonly home: HomeStore;
  readonly vault: Vault;
  /** How many rows are read, and written together, at a time. */
  readonly pageSize: number;
  /** Answers that wait in this node's spool are sealed too, and need their key until the store has them. */
  readonly spool?: Spool | undefined;
}

export interface VaultStatus {
  readonly sealingKeyId: string;
  /** Each key that some value was sealed with, in order of their ids. */
  readonly keys: readonly KeyUse[];
  readonly unreadableCount: number;
  /** The first of them. */
  readonly unreadable: readonly UnreadableValue[];
}

export interface KeyUse {
  readonly keyId: string;
  readonly values: number;
  /** Of these, the ones that do not open: the key is not in the ring, or the value is damaged. */
  readonly unreadable: number;
}

export interface UnreadableValue {
  readonly table: SealedRow['table'] | 'spool';
  readonly rowId: string;
  readonly message: string;
}

/** Which keys the stored values need, found by opening every one of them. */
export async function vaultStatus(options: VaultStatusOptions): Promise<VaultStatus> {
  const tally = await tallyValues(options);
  for (const row of await ownRows(options.home)) tally.add(row);
  return tally.result();
}

/** Everything but the store's own keys. */
export async function tallyValues({ home, vault, pageSize, spool }: VaultStatusOptions): Promise<Tally> {
  const tally = new Tally(vault);
  for await (const page of sealedPages(home, pageSize)) for (const row of page) tally.add(row);
  for (const entry of spool?.entries() ?? []) if (!entry.acknowledged) tally.addWaiting(entry);
  return tally;
}

/** Counts values by the key that they need. */
export class Tally {
  readonly #vault: Vault;
  readonly #uses = new Map<string, { values: number; unreadable: number }>();
  readonly #unreadable: UnreadableValue[] = [];
  #unreadableCount = 0;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  add(row: SealedRow): void {
    const reading = readRow(row, this.#vault);
    if (reading.keyId !== undefined) this.#count(reading.keyId, reading.kind);
    if (reading.kind === 'unreadable') this.#name({ table: row.table, rowId: row.rowId, message: reading.message });
  }

  /** Only the key of a spooled answer is looked at: its binding is complete only together with its connection. */
  addWaiting(entry: SpoolEntry): void {
    try {
      this.#count(this.#vault.keyIdOf(entry.settlement.sealed), 'open');
    } catch (error) {
      if (!(error instanceof KippuError)) throw error;
      this.#name({ table: 'spool', rowId: entry.file, message: error.message });
    }
  }

  /** Whether no value that opens needs another key than the first. */
  get needsOnlyFirstKey(): boolean {
    return [...this.#uses].every(([keyId, use]) => keyId === this.#vault.sealingKeyId || use.values === use.unreadable);
  }

  result(): VaultStatus {
    const keys = [...this.#uses].map(([keyId, use]) => ({ keyId, ...use }));
    return {
      sealingKeyId: this.#vault.sealingKeyId,
      keys: keys.sort((one, other) => (one.keyId < other.keyId ? -1 : 1)),
      unreadableCount: this.#unreadableCount,
      unreadable: [...this.#unreadable],
    };
  }

  #count(keyId: string, kind: 'open' | 'unreadable'): void {
    const use = this.#uses.get(keyId) ?? { values: 0, unreadable: 0 };
    use.values += 1;
    if (kind === 'unreadable') use.unreadable += 1;
    this.#uses.set(keyId, use);
  }

  #name(value: UnreadableValue): void {
    this.#unreadableCount += 1;
    if (this.#unreadable.length < UNREADABLE_NAMED_MAX) this.#unreadable.push(value);
  }
}
