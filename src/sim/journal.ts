import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { KippuError } from '../model/errors.ts';
import type { SimEvent } from './events.ts';

/**
 * Where the simulator's past is kept. What `append` returned from is there after any crash.
 *
 * @example
 * ```ts
 * import { memoryJournal, type Journal } from 'kippu/sim';
 * export function watched(onRequest: (events: number) => void): Journal {
 *   const journal = memoryJournal();
 *   return { ...journal, append: (events) => onRequest(events.length) };
 * }
 * ```
 */
export interface Journal {
  /** All that is kept: the last snapshot, if any, and every batch of events after it. */
  load(): JournalContent;
  /** Keeps the events of one request, together or not at all. Durable when it returns; throws when the disk refuses. */
  append(events: readonly SimEvent[]): void;
  /** Puts a snapshot in the place of everything before it. */
  compact(snapshot: unknown): void;
  close(): void;
}

/** What a journal kept: where to begin, and what happened since. */
export interface JournalContent {
  readonly snapshot: unknown;
  readonly batches: readonly (readonly SimEvent[])[];
}

/**
 * Nothing survives the process.
 *
 * @example
 * ```ts
 * import { memoryJournal, Simulator, type SimulatorOptions } from 'kippu/sim';
 * export const forgetful = (options: SimulatorOptions) => new Simulator({ ...options, journal: memoryJournal() });
 * ```
 */
export function memoryJournal(): Journal {
  return {
    load: () => ({ snapshot: undefined, batches: [] }),
    append: () => undefined,
    compact: () => undefined,
    close: () => undefined,
  };
}

const VERSION = 1;
const NEWLINE = 0x0a;

interface Line {
  readonly seq: number;
  readonly events: readonly SimEvent[];
}

interface Snapshot {
  readonly version: number;
  readonly seq: number;
  readonly state: unknown;
}

/**
 * Two files in a directory: `journal.jsonl`, one line a request, appended and synced before the answer leaves; and
 * `snapshot.json`, written beside and renamed. Lines carry a number and the snapshot the last one it contains, so a
 * crash between the rename and the emptying of the journal applies nothing twice. A torn last line was never answered
 * and is cut off at the next start.
 *
 * @example
 * ```ts
 * import { fileJournal, Simulator, type SimulatorOptions } from 'kippu/sim';
 * export const lasting = (options: SimulatorOptions) =>
 *   new Simulator({ ...options, journal: fileJournal('.kippu/sandbox/x') });
 * ```
 */
export function fileJournal(directory: string): Journal {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const journalPath = join(directory, 'journal.jsonl');
  const snapshotPath = join(directory, 'snapshot.json');
  const file = openSync(journalPath, 'a+', 0o600);
  syncDirectory(directory);
  let seq = 0;
  let size = 0;
  let broken = false;

  const load = (): JournalContent => {
    const snapshot = readSnapshot(snapshotPath);
    const { lines, goodBytes } = readLines(journalPath);
    if (fstatSync(file).size !== goodBytes) ftruncateSync(file, goodBytes);
    size = goodBytes;
    const after = lines.filter((line) => line.seq > (snapshot?.seq ?? 0));
    seq = after.at(-1)?.seq ?? snapshot?.seq ?? 0;
    return { snapshot: snapshot?.state, batches: after.map((line) => line.events) };
  };

  const append = (events: readonly SimEvent[]): void => {
    if (broken) throw cannotWrite(directory, 'an earlier write failed');
    if (fstatSync(file).size !== size) throw cannotWrite(directory, 'another simulator writes to it');
    const bytes = Buffer.from(`${JSON.stringify({ seq: seq + 1, events } satisfies Line)}\n`);
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(file, bytes, written);
      fdatasyncSync(file);
    } catch (cause) {
      // Whether the line is there is unknown now: the next start reads what the disk really has.
      broken = true;
      throw cannotWrite(directory, 'the disk refused', cause);
    }
    seq += 1;
    size += bytes.length;
  };

  const compact = (state: unknown): void => {
    writeDurably(snapshotPath, JSON.stringify({ version: VERSION, seq, state } satisfies Snapshot));
    syncDirectory(directory);
    ftruncateSync(file, 0);
    fdatasyncSync(file);
    size = 0;
  };

  return { load, append, compact, close: () => closeSync(file) };
}

function readSnapshot(path: string): Snapshot | undefined {
  if (!existsSync(path)) return undefined;
  const snapshot = parse(path, readFileSync(path, 'utf8')) as Snapshot;
  if (snapshot.version !== VERSION) {
    throw new KippuError(
      'unreadable',
      `${path} was written by another version of the simulator. Use that one, or start with an empty directory.`,
    );
  }
  return snapshot;
}

function readLines(path: string): { readonly lines: readonly Line[]; readonly goodBytes: number } {
  const bytes = readFileSync(path);
  const texts = bytes
    .subarray(0, bytes.lastIndexOf(NEWLINE) + 1)
    .toString('utf8')
    .split('\n')
    .slice(0, -1);
  const last = texts.at(-1);
  if (last !== undefined && !isJson(last)) texts.pop();
  const goodBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
  return { lines: texts.map((text) => parse(path, text) as Line), goodBytes };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // The question was whether it parses.
    return false;
  }
}

/** Our own files: what is not JSON in the middle of them was damaged by somebody else. */
function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KippuError(
      'unreadable',
      `${path} is damaged. Restore it, or start the simulator with an empty directory.`,
      { cause },
    );
  }
}

function writeDurably(path: string, text: string): void {
  const beside = `${path}.new`;
  const file = openSync(beside, 'w', 0o600);
  try {
    const bytes = Buffer.from(text);
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
}

function syncDirectory(directory: string): void {
  // Windows can neither open nor sync a directory; there the rename is as durable as it gets.
  if (process.platform === 'win32') return;
  const file = openSync(directory, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function cannotWrite(directory: string, why: string, cause?: unknown): KippuError {
  return new KippuError(
    'store_unavailable',
    `The simulator cannot write its journal in ${directory}: ${why}. Nothing was answered; free the directory and start it again.`,
    { cause },
  );
}
