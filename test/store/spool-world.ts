import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import type { Spool, SpoolEntry } from '../../src/model/spool.ts';
import type { FileCalls } from '../../src/store/durable-file.ts';
import { openSpool, type DirectorySpool } from '../../src/store/spool.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { random, settlement } from './settlements.ts';

const temporary = mkdtempSync(join(tmpdir(), 'kippu-spool-'));
const opened: DirectorySpool[] = [];
after(async () => {
  for (const spool of opened) await spool.close();
  rmSync(temporary, { recursive: true });
});
let directories = 0;

export function newDirectory(): string {
  directories += 1;
  return join(temporary, String(directories), 'spool');
}

export interface Opening {
  readonly directory?: string;
  readonly clock?: VirtualClock;
  readonly processId?: string;
  readonly gone?: readonly string[];
  readonly reached?: FaultPoint[];
  readonly files?: FileCalls;
}

export function open({
  directory = newDirectory(),
  clock = new VirtualClock(),
  processId = 'p1',
  gone = [],
  reached = [],
  files,
}: Opening = {}): DirectorySpool {
  const spool = openSpool({
    ...{ directory, clock, random, processId },
    faults: { reach: (point) => reached.push(point) },
    isProcessGone: (id) => gone.includes(id),
    ...(files === undefined ? {} : { files }),
  });
  if (files === undefined) opened.push(spool);
  return spool;
}

export function versions(spool: Spool): readonly number[] {
  return spool.entries().map((entry) => entry.settlement.claim.version);
}

export function waiting(spool: Spool): readonly number[] {
  return spool
    .entries()
    .filter(({ acknowledged }) => !acknowledged)
    .map((entry) => entry.settlement.claim.version);
}

export function keepMany(spool: Spool, from: number, to: number): SpoolEntry[] {
  return Array.from({ length: to - from + 1 }, (_, offset) => spool.keep(settlement(from + offset)));
}
