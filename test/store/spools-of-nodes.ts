import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEntry } from '../../src/store/spool-entry.ts';
import type { Nodes } from './postgres-nodes.ts';

/** Answers of that node that its database does not have, as far as it knows. */
export function waiting(nodes: Nodes, name: string): number {
  return readings(nodes, name).filter((reading) => reading.kind === 'entry' && !reading.acknowledged).length;
}

/** Slots for answers that find the disk full. */
export function free(nodes: Nodes, name: string): number {
  return readings(nodes, name).filter(({ kind }) => kind === 'free').length;
}

function readings({ directory }: Nodes, name: string): ReturnType<typeof readEntry>[] {
  const spool = join(directory, name, 'spool');
  const files = existsSync(spool) ? readdirSync(spool) : [];
  return files.map((file) => readEntry(readFileSync(join(spool, file))));
}

export interface SaidFinding {
  readonly check: string;
  readonly message: string;
  readonly advice?: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Of what `kippu doctor --json` has said. */
export function findingOf(stdout: string, check: string): SaidFinding | undefined {
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly SaidFinding[] };
  return findings.find((one) => one.check === check);
}
