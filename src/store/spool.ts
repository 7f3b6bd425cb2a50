import fs from 'node:fs';
import { assertNever } from '../model/assert-never.ts';
import type { Clock } from '../model/clock.ts';
import type { RenewedSettlement } from '../model/credential-store.ts';
import { KippuError } from '../model/errors.ts';
import type { FaultPoints } from '../model/fault-points.ts';
import type { Random } from '../model/random.ts';
import { SPOOL_RETENTION, type Spool, type SpoolEntry } from '../model/spool.ts';
import { hasErrno, type FileCalls } from './durable-file.ts';
import { entryLength, writeBody } from './spool-entry.ts';
import { SpoolFiles, type FoundFile, type Space } from './spool-files.ts';

/** Room for a token set whose answer had 20 kB; the rare larger one gets a file of its own size. */
const SLOT_BYTES = 64 * 1024;
const FREE_SLOTS = 8;

export interface SpoolOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: FaultPoints;
  /**
   * Names this process in its files: letters, digits, dashes. No two processes of one directory, dead or alive, have
   * the same, so a bare process id will not do (in a container it is 1 every time).
   */
  readonly processId: string;
  /** `true` only if it is certain. */
  readonly isProcessGone: (processId: string) => boolean;
  /** For tests: a disk that fills up, a power cut. */
  readonly files?: FileCalls;
}

/** Opens the spool in a directory, which it makes if need be. Free slots are made by `prepare`, which can wait. */
export function openSpool(options: SpoolOptions): DirectorySpool {
  return new DirectorySpool(options);
}

/**
 * A directory with one file for each entry. A file's life:
 *
 * free (zeros, really allocated, held open by the process in its name) → waiting (a whole entry, durable) →
 * acknowledged → removed after its time (a week; ten minutes if it was kept beside a commit) or, if the disk is full
 * before, given to another entry.
 *
 * A name belongs to one entry for ever: space that is used again gets a new name, so that nobody who still knows the
 * old one can touch the new entry. Only the process in its name writes an entry into a file, or anyone once that
 * process is gone. Damaged files and waiting entries are never removed.
 */
export class DirectorySpool implements Spool {
  readonly #clock: Clock;
  readonly #processId: string;
  readonly #isProcessGone: (processId: string) => boolean;
  readonly #files: SpoolFiles;
  readonly #free: Space[] = [];
  #isPrepared = false;
  #preparing: Promise<void> | undefined;
  /** What this process has kept beside commits and acknowledged, oldest first: so much comes that it does not wait for the tidying. */
  readonly #beside: SpoolEntry[] = [];
  #lastKeptAtMs = Number.NEGATIVE_INFINITY;

  constructor({ clock, isProcessGone, files = fs, ...options }: SpoolOptions) {
    this.#clock = clock;
    this.#processId = options.processId;
    this.#isProcessGone = isProcessGone;
    this.#files = new SpoolFiles({ ...options, files });
    this.#orUnavailable('cannot be made', () => {
      this.#files.makeDirectory();
    });
  }

  keep(settlement: RenewedSettlement, { isBeside = false }: { readonly isBeside?: boolean } = {}): SpoolEntry {
    const keptAtMs = this.#nextKeptAtMs();
    const body = writeBody({ keptAtMs, isBeside, settlement });
    return this.#orUnavailable(`cannot take the new tokens of ${settlement.claim.connectionId}`, () => {
      if (isBeside) this.#forgetBeside();
      const file = this.#keep(body, isBeside);
      setImmediate(() => {
        if (this.#isPrepared) void this.prepare();
      });
      return { file, keptAtMs, acknowledged: false, isBeside, settlement };
    });
  }

  /** Throws `store_unavailable` if it cannot be noted: then the entry goes on waiting, and is applied once more. */
  acknowledge(entry: SpoolEntry): void {
    // Its file may have got a new name when a crash stopped the next entry from coming: nothing is to be noted there.
    if (entry.acknowledged) return;
    this.#orUnavailable('cannot note that an answer is stored', () => {
      try {
        this.#files.acknowledge(entry.file);
      } catch (error) {
        // Only what is acknowledged ever loses its name: another process was quicker.
        if (!hasErrno(error, 'ENOENT')) throw error;
      }
    });
    if (entry.isBeside) this.#beside.push(entry);
  }

  entries(): readonly SpoolEntry[] {
    const entries: SpoolEntry[] = [];
    for (const { file, reading } of this.#list()) {
      if (reading.kind === 'entry') entries.push({ file, acknowledged: reading.acknowledged, ...reading.content });
    }
    return entries.sort(byAge);
  }

  damaged(): readonly string[] {
    return this.#list()
      .filter(({ reading }) => reading.kind === 'damaged')
      .map(({ file }) => file);
  }

  /**
   * Makes the free slots, as far as the disk has room, one in a turn of the event loop. Only for processes that live
   * on: from the first call, a slot that is used is replaced by itself.
   */
  prepare(): Promise<void> {
    this.#isPrepared = true;
    this.#preparing ??= this.#makeSlots().finally(() => {
      this.#preparing = undefined;
    });
    return this.#preparing;
  }

  /** Removes what was acknowledged a week ago, and free slots that dead processes left. To be called every day or so. */
  tidy(): void {
    const nowMs = this.#clock.nowMs();
    this.#orUnavailable('cannot be tidied', () => {
      for (const slot of this.#free) this.#files.touch(slot, nowMs);
      for (const found of this.#list()) if (this.#isOver(found, nowMs)) this.#files.remove(found.file);
    });
  }

  /** Gives the free slots back. The entries stay. */
  async close(): Promise<void> {
    this.#isPrepared = false;
    await this.#preparing;
    this.#orUnavailable('cannot give back its free slots', () => {
      for (const slot of this.#free.splice(0)) this.#files.release(slot);
    });
  }

  /** Never twice the same and never backwards: one process's entries are applied in the order in which they came. */
  #nextKeptAtMs(): number {
    this.#lastKeptAtMs = Math.max(this.#clock.nowMs(), this.#lastKeptAtMs + 1);
    return this.#lastKeptAtMs;
  }

  /**
   * The safest way first: space that is ours already, then new space, then what an acknowledged entry gives up. What is kept
   * beside a commit begins with new space: the slots are for the day on which there is none.
   */
  #keep(body: Uint8Array, isBeside: boolean): string {
    let refusal: Error | undefined;
    const slots = this.#free.map(() => () => this.#takeSlot(body));
    const create = (): Space => this.#files.create();
    const waysToFindSpace = [...(isBeside ? [create, ...slots] : [...slots, create]), () => this.#reclaimOldest(body)];
    for (const findSpace of waysToFindSpace) {
      try {
        const space = findSpace();
        if (space !== undefined && this.#files.fill(space, body)) return space.file;
      } catch (error) {
        if (!hasErrno(error)) throw error;
        refusal = error;
      }
    }
    throw refusal ?? this.#unavailable('has no room', undefined);
  }

  /** Quick enough for the hot path: nothing is listed. */
  #forgetBeside(): void {
    const beforeMs = this.#clock.nowMs() - SPOOL_RETENTION.besideMs;
    for (;;) {
      const [oldest] = this.#beside;
      if (oldest === undefined || oldest.keptAtMs > beforeMs) return;
      this.#beside.shift();
      this.#files.remove(oldest.file);
    }
  }

  #takeSlot(body: Uint8Array): Space | undefined {
    return entryLength(body) <= SLOT_BYTES ? this.#free.shift() : undefined;
  }

  #reclaimOldest(body: Uint8Array): Space | undefined {
    const reclaimable = this.#list().flatMap(({ file, owner, reading, byteLength }) => {
      const isOurs = owner === this.#processId || this.#isProcessGone(owner);
      const isRoomy = byteLength >= entryLength(body);
      return reading.kind === 'entry' && reading.acknowledged && isOurs && isRoomy
        ? [{ file, keptAtMs: reading.content.keptAtMs }]
        : [];
    });
    for (const { file } of reclaimable.sort(byAge)) {
      const space = this.#files.reclaim(file);
      if (space !== undefined) return space;
    }
    return undefined;
  }

  #isOver({ file, owner, reading }: FoundFile, nowMs: number): boolean {
    switch (reading.kind) {
      case 'free':
        // Of a process in another container nobody knows whether it is gone; a living one touches its slots.
        return this.#isProcessGone(owner) || nowMs - this.#files.touchedAtMs(file) > SPOOL_RETENTION.afterTroubleMs;
      case 'entry':
        return reading.acknowledged && nowMs - reading.content.keptAtMs > retentionOf(reading.content);
      case 'damaged':
        return false;
      default:
        return assertNever(reading);
    }
  }

  async #makeSlots(): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      if (!this.#isPrepared || this.#free.length >= FREE_SLOTS) return;
      try {
        const slot = this.#files.allocate(SLOT_BYTES);
        this.#files.touch(slot, this.#clock.nowMs());
        this.#free.push(slot);
      } catch (error) {
        // No room now: `keep` has other ways, and says so itself when it has none left.
        if (hasErrno(error)) return;
        throw error;
      }
    }
  }

  #list(): readonly FoundFile[] {
    return this.#orUnavailable('cannot be read', () => this.#files.list(this.#free));
  }

  #orUnavailable<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw hasErrno(error) ? this.#unavailable(what, error) : error;
    }
  }

  #unavailable(what: string, cause: NodeJS.ErrnoException | undefined): KippuError {
    const because = cause === undefined ? '' : ` (${cause.code ?? ''})`;
    return new KippuError(
      'store_unavailable',
      `The spool ${this.#files.directory} ${what}${because}. Make room on that disk, and let the user who runs Kippu write there.`,
      { cause },
    );
  }
}

function retentionOf({ isBeside }: Pick<SpoolEntry, 'isBeside'>): number {
  return isBeside ? SPOOL_RETENTION.besideMs : SPOOL_RETENTION.afterTroubleMs;
}

function byAge(one: { readonly keptAtMs: number }, other: { readonly keptAtMs: number }): number {
  return one.keptAtMs - other.keptAtMs;
}
