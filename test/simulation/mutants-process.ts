import process from 'node:process';
import { caughtBy, type Caught } from './catching.ts';
import { MUTANTS } from './mutants.ts';

const SEED = 1;
const HISTORIES_MAX = 3_000;
const PROCESSES = 2;

/** All of them, or those whose names hold what is given. */
const [wanted = ''] = process.argv.slice(2);
const waiting = MUTANTS.filter(({ name }) => name.includes(wanted));
const total = waiting.length;
const caught: Caught[] = [];
await Promise.all(
  Array.from({ length: PROCESSES }, async () => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const found = await caughtBy(mutant.name, { seedFrom: SEED, histories: HISTORIES_MAX });
      caught.push(found);
      process.stdout.write(`${lineOf(found)}\n`);
    }
  }),
);
const survivors = caught.filter(({ failure }) => failure === undefined);
process.stdout.write(`\n${total - survivors.length} of ${total} mutants were caught.\n`);
process.exitCode = survivors.length === 0 && total > 0 ? 0 : 1;

function lineOf({ name, failure, histories }: Caught): string {
  if (failure === undefined) return `✘ ${name}: survives ${histories} histories`;
  return `✔ ${name}: seed ${failure.seed}, after ${histories} histories: ${failure.invariant}`;
}
