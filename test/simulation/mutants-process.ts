import process from 'node:process';
import { parseArgs } from 'node:util';
import { caughtBy, type Caught } from './catching.ts';
import { engineNamed } from './engine.ts';
import { MUTANTS } from './mutants.ts';
import { POSTGRES_QUESTIONS } from './postgres-lock-mutants.ts';
import { POSTGRES_MUTANTS } from './postgres-mutants.ts';
import { startServerForHistories } from './server-for-histories.ts';

const SEED = 1;
/** A history on PostgreSQL takes fifty times as long. */
const HISTORIES_MAX = { sqlite: 3_000, postgres: 300 };
const PROCESSES = 2;

/** All of them, or those whose names hold what is given. `--store postgres`: those in its queries, on a server of its own. */
const { values, positionals } = parseArgs({ options: { store: { type: 'string' } }, allowPositionals: true });
const [wanted = ''] = positionals;
const store = engineNamed(values.store);
const questions = wanted === '' ? [] : POSTGRES_QUESTIONS;
const mutants = store === 'postgres' ? [...POSTGRES_MUTANTS, ...questions] : MUTANTS;
const waiting = mutants.filter(({ name }) => name.includes(wanted));
const server = store === 'postgres' ? await startServerForHistories() : undefined;
const total = waiting.length;
const caught: Caught[] = [];
await Promise.all(
  Array.from({ length: PROCESSES }, async () => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const seedFrom = await firstSeed(mutant.name);
      const run = { seedFrom, histories: HISTORIES_MAX[store], postgresUrl: server?.url() };
      const found = await caughtBy(mutant.name, run);
      caught.push(found);
      process.stdout.write(`${lineOf(found)}\n`);
    }
  }),
);
await server?.remove();
const survivors = caught.filter(({ failure }) => failure === undefined);
process.stdout.write(`\n${total - survivors.length} of ${total} mutants were caught.\n`);
process.exitCode = survivors.length === 0 && total > 0 ? 0 : 1;

/** What shows a bug on SQLite, where histories are quick, may show it here: its seed has the same plan. */
async function firstSeed(name: string): Promise<number> {
  if (store === 'sqlite' || !MUTANTS.some((mutant) => mutant.name === name)) return SEED;
  const { failure } = await caughtBy(name, { seedFrom: SEED, histories: HISTORIES_MAX.sqlite });
  return failure?.seed ?? SEED;
}

function lineOf({ name, failure, histories }: Caught): string {
  if (failure === undefined) return `✘ ${name}: survives ${histories} histories`;
  return `✔ ${name}: seed ${failure.seed}, after ${histories} histories: ${failure.invariant}`;
}
