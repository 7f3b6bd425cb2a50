import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { systemRandom } from '../../src/app/ports/system-random.ts';
import { newId, type ConnectionId } from '../../src/model/ids.ts';
import { claimOf, SENDER } from '../support/store-samples.ts';

/**
 * A process of its own at a store: it opens it (which migrates), waits for a line, and then claims every connection
 * that it is given, at the same moment as its siblings. Prints what it won.
 */
const [path = '', ...ids] = process.argv.slice(2);
const store = await openSqliteStore({
  path,
  clock: systemClock,
  random: systemRandom,
  faults: { reach: () => undefined },
  migrates: true,
});
process.stdout.write('ready\n');
await new Promise((resolve) => {
  process.stdin.once('data', resolve);
});
const claims = await Promise.all(
  ids.map(async (id) => {
    const seen = await store.credentials.read(id as ConnectionId);
    if (seen === undefined || seen.lease !== undefined) return undefined;
    const claim = await store.credentials.claim(
      claimOf(seen, { attemptId: newId('att', systemRandom), sender: { ...SENDER, pid: process.pid } }),
    );
    return claim?.connectionId;
  }),
);
process.stdout.write(`${JSON.stringify(claims.filter((id) => id !== undefined))}\n`);
await store.close();
process.exit(0);
