import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Disk } from './disk.ts';
import type { Played } from './played.ts';
import type { Launch, ProcessTable } from './processes.ts';

const ENTRY = fileURLToPath(new URL('kippu-process.ts', import.meta.url));
const BREAKER = new URL('break-process.ts', import.meta.url);

/** Kippu's own waits, in the same proportion to the tokens' lives as far as they can be set. */
export const TIMING = { deadlineMs: 6000, lateAnswerMs: 3000, replayMarginMs: 500 } as const;

/** What all processes of a run have in common. */
export interface Stage {
  /** Logs, measured times, and the provider's memory: on the machine's own disk, which is never filled. */
  readonly directory: string;
  /** Database, key rings and spools. */
  readonly disk: Disk;
  readonly played: Played;
  readonly providerUrl: string;
  readonly keys: string;
  readonly processes: ProcessTable;
  /** The deliberate defect that Kippu's processes run with. */
  readonly broken: string | undefined;
}

export function databasePathOf({ disk }: Pick<Stage, 'disk'>): string {
  return join(disk.path, 'kippu.db');
}

export function timingsPathOf({ directory }: Pick<Stage, 'directory'>, name: string): string {
  return join(directory, `timings-${name}`);
}

/** A `kippu` command, with the environment that all of them share. */
export function kippuCommand(
  stage: Stage,
  { name, home, command }: { readonly name: string; readonly home: string; readonly command: readonly string[] },
): Launch {
  return {
    name,
    args: [...(stage.broken === undefined ? [] : ['--import', `${BREAKER.href}?${stage.broken}`]), ENTRY, ...command],
    cwd: stage.directory,
    log: join(stage.directory, `${name}.log`),
    env: {
      KIPPU_HOME: join(stage.disk.path, `home-${home}`),
      KIPPU_DATABASE_URL: `sqlite:${databasePathOf(stage)}`,
      KIPPU_KEYS: stage.keys,
      KIPPU_SANDBOX: '0',
      ...appSettings(stage),
      KIPPU_RENEWAL_DEADLINE: `${TIMING.deadlineMs}ms`,
      KIPPU_LATE_ANSWER: `${TIMING.lateAnswerMs}ms`,
      KIPPU_REPLAY_MARGIN: `${TIMING.replayMarginMs}ms`,
      KIPPU_LOG_FORMAT: 'json',
      KIPPU_LOG_LEVEL: 'warn',
      KIPPU_TEST_TIMINGS: timingsPathOf(stage, name),
    },
  };
}

function appSettings({ played, providerUrl }: Stage): Record<string, string> {
  const settings = Object.entries({ ...played.app, BASE_URL: providerUrl });
  return Object.fromEntries(settings.map(([name, value]) => [`KIPPU_${played.data.id.toUpperCase()}_${name}`, value]));
}
