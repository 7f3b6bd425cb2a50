import { basename, dirname } from 'node:path';
import type { FileCalls } from '../../src/store/durable-file.ts';

const SECTOR_BYTES = 512;

interface Inode {
  bytes: Buffer;
  /** What the platter holds. */
  synced: Buffer;
  mtimeMs: number;
}

/**
 * A disk with one flat directory that forgets what was not synced: after a power cut each unsynced sector, and each
 * unsynced name, is there or not, as the test chooses. It can also be full, write short, or fail to sync.
 */
export class SimulatedDisk {
  capacityBytes = Number.POSITIVE_INFINITY;
  /** After so many further calls none reaches the disk any more. */
  callsLeft = Number.POSITIVE_INFINITY;
  failsToSync = false;
  /** No write takes more bytes at once. */
  writeMax = Number.POSITIVE_INFINITY;
  /** What was called, in order. */
  readonly calls: string[] = [];
  #names = new Map<string, Inode>();
  #syncedNames = new Map<string, Inode>();
  readonly #open = new Map<number, Inode | 'directory'>();
  #nextFd = 100;

  /** As a process sees it. */
  get files(): FileCalls {
    const calls = {
      mkdirSync: () => this.#call('mkdir', () => undefined),
      openSync: (path: string, flags: string) => this.#call('open', () => this.#openFile(path, flags)),
      closeSync: (fd: number) => this.#call('close', () => void this.#open.delete(fd)),
      writeSync: (fd: number, bytes: Uint8Array, offset: number, length: number, position: number) =>
        this.#call('write', () => this.#write(this.#inode(fd), bytes.subarray(offset, offset + length), position)),
      fdatasyncSync: (fd: number) => this.#call('fdatasync', () => this.#sync(fd)),
      fsyncSync: (fd: number) => this.#call('fsync', () => this.#sync(fd)),
      futimesSync: (fd: number, _atime: number, mtime: number) =>
        this.#call('futimes', () => void (this.#inode(fd).mtimeMs = mtime * 1000)),
      existsSync: (path: string) => this.#call('exists', () => this.#names.has(basename(path))),
      statSync: (path: string) => this.#call('stat', () => ({ mtimeMs: this.#named(path).mtimeMs })),
      readdirSync: () => this.#call('readdir', () => [...this.#names.keys()]),
      readFileSync: (path: string) => this.#call('read', () => Buffer.from(this.#named(path).bytes)),
      renameSync: (from: string, to: string) =>
        this.#call('rename', () => {
          this.#names.set(basename(to), this.#named(from));
          this.#names.delete(basename(from));
        }),
      unlinkSync: (path: string) =>
        this.#call('unlink', () => {
          this.#named(path);
          this.#names.delete(basename(path));
        }),
    };
    return calls as unknown as FileCalls;
  }

  get usedBytes(): number {
    return [...new Set(this.#names.values())].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  get fileNames(): readonly string[] {
    return [...this.#names.keys()];
  }

  get contents(): readonly Uint8Array[] {
    return [...this.#names.values()].map(({ bytes }) => bytes);
  }

  /** The disk after the power came back; `survives` decides for each thing that was not synced. */
  cutPower(survives: () => boolean): SimulatedDisk {
    const after = new SimulatedDisk();
    const names = new Set([...this.#names.keys(), ...this.#syncedNames.keys()]);
    const settled = new Map<Inode, Inode>();
    for (const name of names) {
      const [now, synced] = [this.#names.get(name), this.#syncedNames.get(name)];
      const inode = now === synced || survives() ? now : synced;
      if (inode === undefined) continue;
      const kept = settled.get(inode) ?? settle(inode, survives);
      settled.set(inode, kept);
      after.#names.set(name, kept);
    }
    after.#syncedNames = new Map(after.#names);
    return after;
  }

  #call<T>(name: string, work: () => T): T {
    if (this.callsLeft <= 0) throw refusal('EIO', name);
    this.callsLeft -= 1;
    this.calls.push(name);
    return work();
  }

  #openFile(path: string, flags: string): number {
    const fd = this.#nextFd;
    this.#nextFd += 1;
    if (flags === 'wx') {
      if (this.#names.has(basename(path))) throw refusal('EEXIST', 'open');
      this.#names.set(basename(path), { bytes: Buffer.alloc(0), synced: Buffer.alloc(0), mtimeMs: 0 });
    }
    this.#open.set(fd, flags === 'r' ? 'directory' : this.#named(path));
    return fd;
  }

  #write(inode: Inode, bytes: Uint8Array, position: number): number {
    const room = this.capacityBytes - this.usedBytes + inode.bytes.length - position;
    const length = Math.min(bytes.length, this.writeMax, room);
    if (length <= 0) throw refusal('ENOSPC', 'write');
    if (position + length > inode.bytes.length) {
      inode.bytes = Buffer.concat([inode.bytes, Buffer.alloc(position + length - inode.bytes.length)]);
    }
    inode.bytes.set(bytes.subarray(0, length), position);
    return length;
  }

  #sync(fd: number): void {
    if (this.failsToSync) throw refusal('EIO', 'fsync');
    const target = this.#open.get(fd);
    if (target === 'directory') this.#syncedNames = new Map(this.#names);
    else if (target !== undefined) target.synced = Buffer.from(target.bytes);
  }

  #inode(fd: number): Inode {
    const inode = this.#open.get(fd);
    if (inode === undefined || inode === 'directory') throw refusal('EBADF', 'write');
    return inode;
  }

  #named(path: string): Inode {
    const inode = this.#names.get(basename(path));
    if (inode === undefined) throw refusal('ENOENT', dirname(path));
    return inode;
  }
}

function settle({ bytes, synced, mtimeMs }: Inode, survives: () => boolean): Inode {
  const kept = Buffer.alloc(bytes.length === synced.length || survives() ? bytes.length : synced.length);
  for (let at = 0; at < kept.length; at += SECTOR_BYTES) {
    const [now, before] = [sector(bytes, at), sector(synced, at)];
    kept.set((now.equals(before) || survives() ? now : before).subarray(0, kept.length - at), at);
  }
  return { bytes: kept, synced: Buffer.from(kept), mtimeMs };
}

function sector(bytes: Buffer, at: number): Buffer {
  return Buffer.concat([bytes.subarray(at, at + SECTOR_BYTES), Buffer.alloc(SECTOR_BYTES)]).subarray(0, SECTOR_BYTES);
}

function refusal(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${syscall}`), { code, syscall });
}
