import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const MIB = 1024 * 1024;
const SIZE_MIB = 768;

/** Where Kippu's database, rings and spools are. */
export interface Disk {
  readonly path: string;
  /** `folder`: the machine lets nobody mount anything here, and the disk is never filled. */
  readonly kind: 'ext4 in a file' | 'tmpfs' | 'folder';
}

/**
 * A small file system of its own, so that filling it hurts nobody else. This process lives in a mount namespace of its
 * own, made by `scripts/torture.mjs`: the mount is gone when the last process of the run is.
 */
export function makeDisk(directory: string, { mayMount }: { readonly mayMount: boolean }): Disk {
  const path = join(directory, 'disk');
  mkdirSync(path);
  if (!mayMount) return { path, kind: 'folder' };
  const image = join(directory, 'disk.img');
  writeFileSync(image, '');
  truncateSync(image, SIZE_MIB * MIB);
  if (succeeds('mkfs.ext4', '-q', '-m', '0', image) && succeeds('mount', '-o', 'loop', image, path))
    return { path, kind: 'ext4 in a file' };
  rmSync(image);
  // It takes what is written for durable at once: the spans that are measured on it are too short.
  if (succeeds('mount', '-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'tmpfs', path)) return { path, kind: 'tmpfs' };
  return { path, kind: 'folder' };
}

export function releaseDisk({ path, kind }: Disk): void {
  if (kind !== 'folder') succeeds('umount', path);
}

/**
 * Takes every byte that is left. The write-ahead log is emptied first: what it has already would be written over, and
 * the full disk would not be felt for a while.
 */
export function fillDisk({ path }: Disk, databasePath: string): () => void {
  const filler = join(path, 'filler');
  emptyLog(databasePath);
  const { bavail, bsize } = statfsSync(path);
  succeeds('fallocate', '-l', String(Math.max(1, bavail * bsize - MIB)), filler);
  const file = openSync(filler, 'a', 0o600);
  for (const bytes of [64 * 1024, 4096, 512]) writeUntilFull(file, Buffer.alloc(bytes, 1));
  closeSync(file);
  return () => {
    rmSync(filler, { force: true });
  };
}

function writeUntilFull(file: number, bytes: Buffer): void {
  try {
    for (;;) if (writeSync(file, bytes) < bytes.length) return;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}

function emptyLog(databasePath: string): void {
  if (!existsSync(databasePath)) return;
  const db = new DatabaseSync(databasePath, { timeout: 500 });
  try {
    db.exec('pragma wal_checkpoint(truncate)');
  } catch {
    // Somebody is reading: then the log keeps its room for a while.
  } finally {
    db.close();
  }
}

function succeeds(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
