import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TortureDatabase } from './database/database.ts';
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
  /** The database where it is a file, key rings and spools. */
  readonly disk: Disk;
  readonly database: TortureDatabase;
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

export function homePathOf({ disk }: Pick<Stage, 'disk'>, home: string): string {
  return join(disk.path, `home-${home}`);
}

/** How far the clock of that home's machine is ahead, in milliseconds: a number in a file, which may change at any time. */
export function clockPathOf({ directory }: Pick<Stage, 'directory'>, home: string): string {
  return join(directory, `clock-${home}`);
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
      KIPPU_HOME: homePathOf(stage, home),
      KIPPU_DATABASE_URL: stage.database.urlFor(home),
      KIPPU_KEYS: stage.keys,
      KIPPU_SANDBOX: '0',
      ...appSettings(stage),
      KIPPU_RENEWAL_DEADLINE: `${TIMING.deadlineMs}ms`,
      KIPPU_LATE_ANSWER: `${TIMING.lateAnswerMs}ms`,
      KIPPU_REPLAY_MARGIN: `${TIMING.replayMarginMs}ms`,
      KIPPU_LOG_FORMAT: 'json',
      KIPPU_LOG_LEVEL: 'warn',
      KIPPU_TEST_TIMINGS: timingsPathOf(stage, name),
      // At a file all processes are of one machine; at a server each data directory is on a machine of its own.
      ...(stage.database.server === undefined
        ? {}
        : { KIPPU_TEST_MACHINE: home, KIPPU_TEST_CLOCK: clockPathOf(stage, home) }),
    },
  };
}

function appSettings({ played, providerUrl }: Stage): Record<string, string> {
  const settings = Object.entries({ ...played.app, BASE_URL: providerUrl });
  return Object.fromEntries(settings.map(([name, value]) => [`KIPPU_${played.data.id.toUpperCase()}_${name}`, value]));
}
