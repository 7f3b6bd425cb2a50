import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openSpool } from '../../src/store/spool.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { random, settlement } from './settlements.ts';

/** Uses the spool on a disk that is really full, and says as JSON what was kept and what is found: `DIRECTORY`. */
const [directory = ''] = process.argv.slice(2);
const clock = new VirtualClock();
const spool = openSpool({
  directory,
  clock,
  random,
  faults: { reach: () => {} },
  processId: 'p1',
  isProcessGone: () => false,
});
await spool.prepare();
fillDisk();
const untilFull = keepUntilRefused(0);
for (const entry of spool.entries().slice(0, 3)) spool.acknowledge(entry);
const afterAcknowledging = keepUntilRefused(100);
const found = spool.entries().map(({ settlement: { claim } }) => claim.version);
process.stdout.write(JSON.stringify({ untilFull, afterAcknowledging, found, damaged: spool.damaged().length }));

function fillDisk(): void {
  const fd = openSync(join(directory, 'filler'), 'wx');
  try {
    for (const size of [65_536, 4096, 1]) {
      try {
        for (;;) writeSync(fd, Buffer.alloc(size, 1));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      }
    }
  } finally {
    closeSync(fd);
  }
}

function keepUntilRefused(first: number): { readonly kept: readonly number[]; readonly refusal: string } {
  const kept: number[] = [];
  // A megabyte has no room for a hundred, unless one is kept in the place of another.
  for (let index = first; index < first + 100; index += 1) {
    try {
      spool.keep(settlement(index));
    } catch (error) {
      return { kept, refusal: String(error) };
    }
    kept.push(index);
  }
  return { kept, refusal: 'none' };
}
