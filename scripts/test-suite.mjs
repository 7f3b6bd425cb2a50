import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** What takes minutes, and mostly waits: at the end of the line each would be waited for alone. */
const FIRST = ['torture', 'simulation', 'crash'];

/**
 * `node scripts/test-suite.mjs CONCURRENCY TIMEOUT FILE...`: as `node --test`, which sorts its files by name, but in
 * an order that ends sooner. TIMEOUT is in milliseconds.
 */
const [concurrency, timeout, ...files] = process.argv.slice(2);
const inOrder = files.map((file) => path.resolve(file)).sort((one, other) => placeOf(one) - placeOf(other));
const events = run({ files: inOrder, concurrency: Number(concurrency), timeout: Number(timeout) });
events.on('test:summary', ({ success }) => {
  if (!success) process.exitCode = 1;
});
events.compose(spec()).pipe(process.stdout);

function placeOf(file) {
  const place = FIRST.indexOf(path.basename(path.dirname(file)));
  return place < 0 ? FIRST.length : place;
}
