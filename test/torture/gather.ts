import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEntry } from '../../src/store/spool-entry.ts';
import type { Commit } from './evidence.ts';
import type { Stage } from './stage.ts';

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
  const attempts = new Set<string>();
  let waiting = 0;
  let damaged = 0;
  for (const home of readdirSync(disk.path).filter((name) => name.startsWith('home-'))) {
    const spool = join(disk.path, home, 'spool');
    for (const file of existsSync(spool) ? readdirSync(spool) : []) {
      const reading = readEntry(readFileSync(join(spool, file)));
      if (reading.kind === 'damaged') damaged += 1;
      if (reading.kind !== 'entry') continue;
      attempts.add(reading.content.settlement.claim.attemptId);
      if (!reading.acknowledged) waiting += 1;
    }
  }
  return { attempts, waiting, damaged };
}

export interface Timings {
  readonly commits: ReadonlyMap<number, readonly Commit[]>;
  /** How often an answer went into a spool. */
  readonly spooled: number;
}

/** What the processes wrote down of their own commits. */
export function readTimings({ directory }: Pick<Stage, 'directory'>): Timings {
  const commits = new Map<number, Commit[]>();
  let spooled = 0;
  for (const name of readdirSync(directory).filter((file) => file.startsWith('timings-'))) {
    for (const line of readFileSync(join(directory, name), 'utf8').split('\n')) {
      const [kind, pid = '', startedAtMs = '', durableAtMs = ''] = line.split(' ');
      if (kind === 'spool') spooled += 1;
      if (kind !== 'commit' || durableAtMs === '') continue;
      const own = commits.get(Number(pid)) ?? [];
      own.push({ startedAtMs: Number(startedAtMs), durableAtMs: Number(durableAtMs) });
      commits.set(Number(pid), own);
    }
  }
  return { commits, spooled };
}

const FULL = /database or disk is full|ENOSPC|disk I\/O error/g;

/** How often a process said that the disk had refused it something. */
export function countRefusedWrites({ directory }: Pick<Stage, 'directory'>): number {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .reduce((sum, name) => sum + (readFileSync(join(directory, name), 'utf8').match(FULL)?.length ?? 0), 0);
}
