import { writeSync } from 'node:fs';
import { openSpool } from '../../src/store/spool.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { random, settlement } from './settlements.ts';

/** Keeps answers without end, and says each one's number once `keep` has returned: `DIRECTORY FIRST_NUMBER`. */
const [directory = '', first = '0'] = process.argv.slice(2);
const spool = openSpool({
  ...{ directory, clock: new VirtualClock(), random, faults: { reach: () => {} } },
  ...{ processId: `p${process.pid}`, isProcessGone: () => false },
});
await spool.prepare();
for (let index = Number(first); ; index += 1) {
  spool.keep(settlement(index));
  writeSync(1, `${index}\n`);
  // Now and then a turn of the event loop, in which used slots are replaced.
  if (index % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
}
