import type { SealedRow } from '../model/home-store.ts';
import { randomText, type Random } from '../model/random.ts';
import { bindingOf, ownRows, readRow, sealedPages } from './sealed-rows.ts';
import { tallyValues, type KeyUse, type UnreadableValue, type VaultStatusOptions } from './status.ts';

const GENERATION_BYTES = 16;

export interface RotationOptions extends VaultStatusOptions {
  readonly random: Random;
  /** Called after each page. */
  readonly onProgress?: ((progress: RotationProgress) => void) | undefined;
}

export interface RotationProgress {
  readonly resealed: number;
  /** Sealed with the first key before: by an earlier run that was interrupted, or written since. */
  readonly already: number;
}

export interface RotationReport extends RotationProgress {
  readonly unreadableCount: number;
  readonly unreadable: readonly UnreadableValue[];
  /** What was still sealed with other keys at the end: these must stay in the ring. Empty: only the first is needed. */
  readonly stillNeeded: readonly KeyUse[];
}

/**
 * Seals everything anew with the first key of the ring, while the store is in use.
 *
 * Each row is one guarded write, so whatever interrupts this leaves every row whole, sealed with the one key or the
 * other; the next run skips what is done. A row that does not open is reported and never stops the others. A row that
 * somebody wrote meanwhile is left alone: the count at the end looks at what is really there.
 *
 * The store's own keys come last, and only when nothing else that opens needs an old key. As long as the key check is
 * sealed with the old one, a ring from which that was dropped too early is refused at start.
 */
export async function rotateVault(options: RotationOptions): Promise<RotationReport> {
  const done = { resealed: 0, already: 0 };
  for await (const page of sealedPages(options.home, options.pageSize)) {
    add(done, await reseal(page, options));
    options.onProgress?.({ ...done });
  }
  const tally = await tallyValues(options);
  if (tally.needsOnlyFirstKey) {
    for (const row of await ownRows(options.home)) add(done, await reseal([row], options));
  }
  for (const row of await ownRows(options.home)) tally.add(row);
  const { sealingKeyId, keys, unreadable, unreadableCount } = tally.result();
  return { ...done, unreadable, unreadableCount, stillNeeded: keys.filter(({ keyId }) => keyId !== sealingKeyId) };
}

/** The rows of a page are written together, so that the store may give them one commit. */
async function reseal(rows: readonly SealedRow[], { home, vault, random }: RotationOptions): Promise<RotationProgress> {
  const writes: Promise<boolean>[] = [];
  let already = 0;
  for (const row of rows) {
    const reading = readRow(row, vault);
    if (reading.kind === 'unreadable') continue;
    if (reading.keyId === vault.sealingKeyId) {
      already += 1;
      continue;
    }
    const generation = randomText(random, GENERATION_BYTES);
    writes.push(home.reseal(row, { sealed: vault.seal(bindingOf(row, generation), reading.plaintext), generation }));
  }
  const isWritten = await Promise.all(writes);
  return { resealed: isWritten.filter(Boolean).length, already };
}

function add(sum: { resealed: number; already: number }, progress: RotationProgress): void {
  sum.resealed += progress.resealed;
  sum.already += progress.already;
}
