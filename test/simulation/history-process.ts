import process from 'node:process';
import { watchBranches } from './branches.ts';
import { infect, type Mutant } from './mutation.ts';

/** One process of a run: the histories that it is to run, and the bug to run them with. */
export interface Share {
  readonly seedFrom: number;
  /** Every so many-th seed is this process's. */
  readonly stride: number;
  readonly histories: number;
  /** After this, no further history is begun. */
  readonly stopAfterMs: number;
  readonly stopsAtFailure: boolean;
  readonly mutant: string | undefined;
  /** Absent: the histories run on SQLite. */
  readonly postgresUrl: string | undefined;
  readonly covers: boolean;
}

/** What a process has to say when it is done. */
export interface ShareReport {
  readonly histories: number;
  readonly steps: number;
  readonly failures: readonly { readonly seed: number; readonly invariant: string; readonly detail: string }[];
  readonly met: Readonly<Record<string, number>>;
  /** Lines of the rules that no history came to. */
  readonly missed: readonly string[];
}

const share = JSON.parse(process.argv[2] ?? '{}') as Share;
if (share.mutant !== undefined) infect(await mutantOf(share.mutant));
const missed = share.covers ? await watchBranches() : undefined;
const { drawPlan } = await import('./draw.ts');
const { runHistory } = await import('./history.ts');
const postgres =
  share.postgresUrl === undefined
    ? undefined
    : await (await import('./postgres-engine.ts')).postgresEngine(share.postgresUrl);

// Thousands of errors are thrown and caught. Whoever tells a failing seed's story has the stacks.
Error.stackTraceLimit = 0;
const startedAtMs = performance.now();
const met = new Map<string, number>();
const failures: { seed: number; invariant: string; detail: string }[] = [];
let histories = 0;
let steps = 0;
for (let index = 0; index < share.histories; index += 1) {
  if (performance.now() - startedAtMs > share.stopAfterMs) break;
  const seed = share.seedFrom + index * share.stride;
  const history = await runHistory(drawPlan(seed), { engine: postgres });
  histories += 1;
  steps += history.steps;
  for (const [what, count] of history.met) met.set(what, (met.get(what) ?? 0) + count);
  if (history.violation === undefined) continue;
  failures.push({ seed, invariant: history.violation.invariant, detail: history.violation.detail });
  if (share.stopsAtFailure) break;
}
await postgres?.close();
const report: ShareReport = {
  histories,
  steps,
  failures,
  met: Object.fromEntries([...met].sort(([one], [other]) => (one < other ? -1 : 1))),
  missed: (await missed?.()) ?? [],
};
process.stdout.write(JSON.stringify(report));

async function mutantOf(name: string): Promise<Mutant> {
  const { MUTANTS } = await import('./mutants.ts');
  const { POSTGRES_MUTANTS } = await import('./postgres-mutants.ts');
  const { POSTGRES_QUESTIONS } = await import('./postgres-lock-mutants.ts');
  const known = share.postgresUrl === undefined ? MUTANTS : [...POSTGRES_MUTANTS, ...POSTGRES_QUESTIONS];
  const mutant = known.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`There is no mutant "${name}".`);
  return mutant;
}
