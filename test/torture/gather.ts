import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEntry, type EntryReading } from '../../src/store/spool-entry.ts';
import type { Commit } from './evidence.ts';
import { homePathOf, type Stage } from './stage.ts';

export interface Spools {
  /** Attempts whose answers were put there, whether the store has them by now or not. */
  readonly attempts: ReadonlySet<string>;
  /** Answers that the store still does not have. */
  readonly waiting: number;
  /** Torn by a kill while they were written. */
  readonly damaged: number;
}

/** Every spool on the disk, read as Kippu reads it. */
export function readSpools({ disk }: Pick<Stage, 'disk'>): Spools {
  const homes = readdirSync(disk.path).filter((name) => name.startsWith('home-'));
  const readings = homes.flatMap((home) => readSpool(join(disk.path, home, 'spool')));
  const entries = readings.filter((reading) => reading.kind === 'entry');
  return {
    attempts: new Set(entries.map(({ content }) => content.settlement.claim.attemptId)),
    waiting: entries.filter(({ acknowledged }) => !acknowledged).length,
    damaged: readings.filter(({ kind }) => kind === 'damaged').length,
  };
}

/** Of the answers that wait in the spool of one data directory: their attempts. */
export function waitingIn(stage: Pick<Stage, 'disk'>, home: string): readonly string[] {
  return readSpool(join(homePathOf(stage, home), 'spool')).flatMap((reading) =>
    reading.kind === 'entry' && !reading.acknowledged ? [reading.content.settlement.claim.attemptId] : [],
  );
}

function readSpool(spool: string): EntryReading[] {
  const files = existsSync(spool) ? readdirSync(spool) : [];
  return files.flatMap((file) => {
    try {
      return [readEntry(readFileSync(join(spool, file)))];
    } catch {
      // Its process lives, and has just taken it away.
      return [];
    }
  });
}

export interface Timings {
  readonly commits: ReadonlyMap<number, readonly Commit[]>;
  /** How often an answer went into a spool. */
  readonly spooled: number;
  /** How often one was brought to the store from there. */
  readonly reapplied: number;
}

/** What the processes wrote down of their own commits. */
export function readTimings({ directory }: Pick<Stage, 'directory'>): Timings {
  const commits = new Map<number, Commit[]>();
  let spooled = 0;
  let reapplied = 0;
  for (const name of readdirSync(directory).filter((file) => file.startsWith('timings-'))) {
    for (const line of readFileSync(join(directory, name), 'utf8').split('\n')) {
      const [kind, pid = '', startedAtMs = '', durableAtMs = ''] = line.split(' ');
      if (kind === 'spool') spooled += 1;
      if (kind === 'reapplied') reapplied += 1;
      if (kind !== 'commit' || durableAtMs === '') continue;
      const own = commits.get(Number(pid)) ?? [];
      own.push({ startedAtMs: Number(startedAtMs), durableAtMs: Number(durableAtMs) });
      commits.set(Number(pid), own);
    }
  }
  return { commits, spooled, reapplied };
}

const FULL = /database or disk is full|ENOSPC|disk I\/O error/g;

/** How often a process said that the disk had refused it something. */
export function countRefusedWrites({ directory }: Pick<Stage, 'directory'>): number {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .reduce((sum, name) => sum + (readFileSync(join(directory, name), 'utf8').match(FULL)?.length ?? 0), 0);
}
