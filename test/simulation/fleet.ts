import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Share, ShareReport } from './history-process.ts';

const HISTORY_PROCESS = fileURLToPath(new URL('history-process.ts', import.meta.url));

export interface Run {
  readonly seedFrom: number;
  readonly histories: number;
  readonly processes: number;
  readonly stopAfterMs?: number;
  readonly stopsAtFailure?: boolean;
  readonly mutant?: string;
  /** A PostgreSQL server, if that is what the histories run on. */
  readonly postgresUrl?: string | undefined;
  /** Whether it is measured which lines of the product were met. */
  readonly covers?: boolean;
}

/** Runs histories in several processes, each with its own part of the seeds. */
export async function runFleet({ seedFrom, histories, processes, ...run }: Run): Promise<ShareReport> {
  const reports = Array.from({ length: processes }, (_, index) =>
    runShare({
      seedFrom: seedFrom + index,
      stride: processes,
      histories: Math.ceil((histories - index) / processes),
      stopAfterMs: run.stopAfterMs ?? Number.MAX_SAFE_INTEGER,
      stopsAtFailure: run.stopsAtFailure ?? false,
      mutant: run.mutant,
      postgresUrl: run.postgresUrl,
      covers: run.covers ?? false,
    }),
  );
  return (await Promise.all(reports)).reduce(together);
}

async function runShare(share: Share): Promise<ShareReport> {
  // The coverage that `npm test` takes of the product is of its tests; of so many histories it would take minutes.
  // (Empty: a name that is only left out is handed on all the same.)
  const env = { ...process.env, NODE_V8_COVERAGE: '' };
  const child = spawn(process.execPath, [HISTORY_PROCESS, JSON.stringify(share)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`A process of the simulation ended with ${String(code)}:\n${errors}`);
  return JSON.parse(output) as ShareReport;
}

function together(one: ShareReport, other: ShareReport): ShareReport {
  const met = { ...one.met };
  for (const [what, count] of Object.entries(other.met)) met[what] = (met[what] ?? 0) + count;
  return {
    histories: one.histories + other.histories,
    steps: one.steps + other.steps,
    failures: [...one.failures, ...other.failures].sort((a, b) => a.seed - b.seed),
    met,
    // A place was missed only if every process missed it.
    missed: one.missed.filter((place) => other.missed.includes(place)),
  };
}
