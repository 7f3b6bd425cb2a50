import os from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { tableOf } from './coverage.ts';
import { drawPlan } from './draw.ts';
import { engineNamed, type Engine } from './engine.ts';
import { runFleet } from './fleet.ts';
import { runHistory } from './history.ts';
import { postgresEngine } from './postgres-engine.ts';
import { startServerForHistories } from './server-for-histories.ts';
import { shrink } from './shrink.ts';
import { storyOf } from './story.ts';

const USAGE = `npm run simulate -- [--store postgres] [--seed N] [--histories M] [--story] [--coverage]
npm run simulate:long -- [--minutes N] [--seed N]

--seed N        where to begin; without it, with a seed of today's own
--histories M   how many seeds from there; without it 1, whose story is told
--store NAME    sqlite or postgres: on which database, with whose queries; without it, sqlite
--minutes N     as many as fit into this time
--story         tells the story of the first history also if every promise is kept
--coverage      lists what was met, and how often`;

const MINUTE_MS = 60_000;
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    histories: { type: 'string' },
    minutes: { type: 'string' },
    store: { type: 'string' },
    story: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const server = engineNamed(values.store) === 'postgres' && !values.help ? await startServerForHistories() : undefined;
try {
  process.exitCode = values.help ? say(USAGE, 0) : await simulate();
} finally {
  await server?.remove();
}

async function simulate(): Promise<number> {
  const seed = wholeNumber('seed', values.seed) ?? Math.floor(Date.now() / 1000);
  const minutes = wholeNumber('minutes', values.minutes);
  const histories = wholeNumber('histories', values.histories) ?? (minutes === undefined ? 1 : Number.MAX_SAFE_INTEGER);
  if (histories === 1) return one(seed);
  const report = await runFleet({
    ...{ seedFrom: seed, histories, processes: os.availableParallelism(), stopsAtFailure: true },
    postgresUrl: server?.url(),
    ...(minutes === undefined ? {} : { stopAfterMs: minutes * MINUTE_MS }),
  });
  say(`${report.histories} histories from seed ${seed}, ${report.steps} steps.`);
  if (values.coverage) say(tableOf(report.met));
  const [failure] = report.failures;
  return failure === undefined ? say('Every promise was kept.', 0) : one(failure.seed);
}

/** Runs one seed, and tells its story: of a failure the smallest that was found. */
async function one(seed: number): Promise<number> {
  const postgres = server === undefined ? undefined : await postgresEngine(server.url());
  try {
    return await told(seed, postgres);
  } finally {
    await postgres?.close();
  }
}

async function told(seed: number, engine: Engine | undefined): Promise<number> {
  const history = await runHistory(drawPlan(seed), { isTelling: true, engine });
  if (values.coverage) say(tableOf(Object.fromEntries(history.met)));
  if (history.violation === undefined) {
    if (values.story || values.histories === undefined) say(storyOf(history));
    return 0;
  }
  say(storyOf(history));
  const smallest = await shrink(history, engine);
  if (smallest === history) return 1;
  const again = await runHistory(smallest.plan, { isTelling: true, engine });
  say(`\n\nThe same with ${smallest.plan.steps.length} of ${history.plan.steps.length} steps:\n\n${storyOf(again)}`);
  return 1;
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new TypeError(`--${name} takes a whole number, not "${text}".`);
}

function say(text: string, code = 0): number {
  process.stdout.write(`${text}\n`);
  return code;
}
