import { basename, join, resolve } from 'node:path';
import type { FaultPoints } from '../model/fault-points.ts';
import type { Random } from '../model/random.ts';
import { PRIVATE_FILE, hasErrno, makeDirectory, syncDirectory, writeWhole, type FileCalls } from './durable-file.ts';
import { ACKNOWLEDGEMENT_AT, ENTRY_ID_BYTES, readEntry, writeEntry, type EntryReading } from './spool-entry.ts';

/** How often a directory is listed anew when files vanish while it is read. */
const LISTINGS_MAX = 3;
const FILE_NAME = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{22})\.spool$/;

/** A file that is open for one entry; its name holds the entry's id. */
export interface Space {
  readonly file: string;
  readonly id: Uint8Array;
  readonly fd: number;
}

export interface FoundFile {
  readonly file: string;
  readonly owner: string;
  readonly byteLength: number;
  readonly reading: EntryReading;
}

/** The files of a spool directory, for one process. Errors are the operating system's. */
export class SpoolFiles {
  readonly directory: string;
  readonly #processId: string;
  readonly #random: Random;
  readonly #faults: FaultPoints;
  readonly #files: FileCalls;

  constructor(of: {
    readonly directory: string;
    readonly processId: string;
    readonly random: Random;
    readonly faults: FaultPoints;
    readonly files: FileCalls;
  }) {
    if (!FILE_NAME.test(`${of.processId}.${'0'.repeat(22)}.spool`)) {
      throw new TypeError(`A spool cannot name its files after a process ${JSON.stringify(of.processId)}.`);
    }
    this.directory = resolve(of.directory);
    this.#processId = of.processId;
    this.#random = of.random;
    this.#faults = of.faults;
    this.#files = of.files;
  }

  makeDirectory(): void {
    makeDirectory(this.directory, this.#files);
  }

  /** A new, empty file, even if somebody has removed the directory. */
  create(): Space {
    this.makeDirectory();
    const { id, file } = this.#newName();
    const space = { id, file, fd: this.#files.openSync(file, 'wx', PRIVATE_FILE) };
    syncDirectory(this.directory, this.#files);
    return space;
  }

  /** A new file whose bytes are really there: zeros that were written, not a hole. */
  allocate(byteLength: number): Space {
    const space = this.create();
    try {
      this.#writeOrRemove(space, new Uint8Array(byteLength));
      this.#files.fsyncSync(space.fd);
      return space;
    } catch (error) {
      this.#files.closeSync(space.fd);
      throw error;
    }
  }

  /** Gives the space of an entry to the next one. `undefined`: another process was quicker. */
  reclaim(file: string): Space | undefined {
    const renamed = this.#newName();
    try {
      this.#files.renameSync(file, renamed.file);
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
    syncDirectory(this.directory, this.#files);
    return { ...renamed, fd: this.#files.openSync(renamed.file, 'r+') };
  }

  /** Durable when it returns `true`. `false`: somebody had removed the file, and what was written went with it. */
  fill(space: Space, body: Uint8Array): boolean {
    try {
      this.#writeOrRemove(space, writeEntry(space.id, body));
      this.#faults.reach('spool.written');
      this.#files.fdatasyncSync(space.fd);
    } finally {
      this.#files.closeSync(space.fd);
    }
    if (!this.#files.existsSync(space.file)) return false;
    this.#faults.reach('spool.synced');
    return true;
  }

  acknowledge(file: string): void {
    const fd = this.#files.openSync(file, 'r+');
    try {
      writeWhole(this.#files, fd, nameOf(file).id, ACKNOWLEDGEMENT_AT);
      this.#files.fdatasyncSync(fd);
    } finally {
      this.#files.closeSync(fd);
    }
    this.#faults.reach('spool.acknowledged');
  }

  /** Tells those who cannot see this process that its free space is still its own. */
  touch(space: Space, nowMs: number): void {
    this.#files.futimesSync(space.fd, nowMs / 1000, nowMs / 1000);
  }

  touchedAtMs(file: string): number {
    return this.#files.statSync(file).mtimeMs;
  }

  release(space: Space): void {
    this.#files.closeSync(space.fd);
    this.remove(space.file);
  }

  remove(file: string): void {
    try {
      this.#files.unlinkSync(file);
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) throw error;
    }
  }

  /** Every file of the spool but the given ones. */
  list(except: readonly Space[]): readonly FoundFile[] {
    const skipped = new Set(except.map(({ file }) => file));
    for (let listing = 1; ; listing += 1) {
      const found = this.#names()
        .filter((file) => !skipped.has(file))
        .map((file) => this.#look(file));
      // What vanished may have got another name, under which it was not seen.
      if (found.includes(undefined) && listing < LISTINGS_MAX) continue;
      return found.filter((file) => file !== undefined);
    }
  }

  #names(): readonly string[] {
    try {
      const names = this.#files.readdirSync(this.directory);
      return names
        .filter((name) => FILE_NAME.test(name))
        .sort()
        .map((name) => join(this.directory, name));
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }

  #look(file: string): FoundFile | undefined {
    try {
      const first = this.#read(file);
      // Its process may be writing it right now; a second look tells.
      return first.reading.kind === 'damaged' ? this.#read(file) : first;
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return undefined;
      if (!hasErrno(error)) throw error;
      return { file, owner: nameOf(file).owner, byteLength: 0, reading: { kind: 'damaged' } };
    }
  }

  #read(file: string): FoundFile {
    const bytes = this.#files.readFileSync(file);
    return { file, owner: nameOf(file).owner, byteLength: bytes.length, reading: readEntry(bytes) };
  }

  /** A refused write leaves a torn entry, of no use to anybody; its space may be all that is left. */
  #writeOrRemove(space: Space, bytes: Uint8Array): void {
    try {
      writeWhole(this.#files, space.fd, bytes);
    } catch (error) {
      this.remove(space.file);
      throw error;
    }
  }

  #newName(): { readonly id: Uint8Array; readonly file: string } {
    const id = this.#random.bytes(ENTRY_ID_BYTES);
    return { id, file: join(this.directory, `${this.#processId}.${Buffer.from(id).toString('base64url')}.spool`) };
  }
}

function nameOf(file: string): { readonly owner: string; readonly id: Uint8Array } {
  const [, owner, id] = FILE_NAME.exec(basename(file)) ?? [];
  if (owner === undefined || id === undefined) throw new TypeError(`${file} is no file of a spool.`);
  return { owner, id: Buffer.from(id, 'base64url') };
}
