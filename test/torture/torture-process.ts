import process from 'node:process';
import { parseArgs } from 'node:util';
import { DEFECTS } from './defects.ts';
import { isPlayed, PLAYED, type PlayedName } from './played.ts';
import type { Report } from './report.ts';
import { showReport } from './show.ts';
import { torture } from './torture.ts';

/**
 * `npm run torture -- --provider x|github|auth0|all [--store sqlite|postgres] --minutes M --seed N [--connections N] [--nodes N]
 * [--readers N] [--settle SECONDS] [--broken NAME] [--json]`.
 * Exit code 1 if anything that must be zero is not; 2 for flags that make no sense.
 */
const { values } = parseArgs({
  options: {
    provider: { type: 'string', default: 'x' },
    store: { type: 'string', default: 'sqlite' },
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    connections: { type: 'string', default: '200' },
    servers: { type: 'string', default: '3' },
    nodes: { type: 'string' },
    readers: { type: 'string', default: '4' },
    settle: { type: 'string', default: '150' },
    broken: { type: 'string' },
    json: { type: 'boolean', default: false },
    'may-mount': { type: 'boolean', default: false },
  },
});

const STORES = ['sqlite', 'postgres'] as const;
type StoreName = (typeof STORES)[number];

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second one does not wait for the end in good order; the processes are killed all the same.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}

// Whoever started the run may be killed himself: nothing of it goes on then.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 1000).unref();

const exitCode = await main();
// Not `process.exitCode`: the package that runs PostgreSQL ends the process with 0 when nothing is left to do.
process.stdout.write('', () => process.exit(exitCode));

async function main(): Promise<number> {
  const { broken } = values;
  if (broken !== undefined && !DEFECTS.some(({ name }) => name === broken)) {
    console.error(`There is no defect "${broken}". There are:`);
    for (const { name, what } of DEFECTS) console.error(`  ${name}: ${what}`);
    return 2;
  }
  const names = values.provider === 'all' ? Object.keys(PLAYED) : [values.provider];
  const played = names.filter(isPlayed);
  if (played.length < names.length) {
    console.error(`There is no provider "${values.provider}" here. There are: ${Object.keys(PLAYED).join(', ')}, all.`);
    return 2;
  }
  const store = STORES.find((one) => one === values.store);
  if (store === undefined) {
    console.error(`There is no store "${values.store}" here. There are: ${STORES.join(', ')}.`);
    return 2;
  }
  const reports: Report[] = [];
  for (const name of played) {
    const report = await play(name, store);
    if (stop.signal.aborted) return 130;
    if (!values.json) console.log(showReport(report));
    reports.push(report);
  }
  if (values.json) console.log(JSON.stringify(reports.length === 1 ? reports[0] : reports, undefined, 2));
  return reports.every(({ isGood }) => isGood) ? 0 : 1;
}

/** Each provider has the whole time to itself. */
function play(name: PlayedName, store: StoreName): Promise<Report> {
  return torture({
    played: PLAYED[name],
    store,
    seed: values.seed,
    forMs: Number(values.minutes) * 60_000,
    settleMaxMs: Number(values.settle) * 1000,
    connections: Number(values.connections),
    servers: Number(values.nodes ?? values.servers),
    readers: Number(values.readers),
    broken: values.broken,
    mayMount: values['may-mount'],
    say: (text) => console.error(`torture: ${text}`),
    stop: stop.signal,
  });
}
