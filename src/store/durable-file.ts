import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { randomText, type Random } from '../model/random.ts';

/** The part of the operating system's files that durability depends on, so that tests can fill the disk and cut the power. */
export type FileCalls = Pick<
  typeof fs,
  | 'closeSync'
  | 'existsSync'
  | 'fdatasyncSync'
  | 'fsyncSync'
  | 'futimesSync'
  | 'linkSync'
  | 'mkdirSync'
  | 'openSync'
  | 'readdirSync'
  | 'readFileSync'
  | 'renameSync'
  | 'statSync'
  | 'unlinkSync'
  | 'writeSync'
>;

/** Only the user who runs Kippu. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_DIRECTORY = 0o700;

/** One call may write less than it was given: a signal, or a disk that is nearly full. */
export function writeWhole(files: FileCalls, fd: number, bytes: Uint8Array, position = 0): void {
  let written = 0;
  while (written < bytes.length)
    written += files.writeSync(fd, bytes, written, bytes.length - written, position + written);
}

/** Makes a directory, and those above it, so that a power cut does not take it away with what is written into it. */
export function makeDirectory(directory: string, files: FileCalls = fs): void {
  const firstMade = files.mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  if (firstMade === undefined) return;
  for (let made = directory; made.length >= firstMade.length; made = dirname(made)) syncDirectory(dirname(made), files);
}

/** A created, renamed or removed name is durable only once its directory is. */
export function syncDirectory(directory: string, files: FileCalls = fs): void {
  // Windows cannot open a directory, and NTFS journals names by itself.
  if (process.platform === 'win32') return;
  const fd = files.openSync(directory, 'r');
  try {
    files.fsyncSync(fd);
  } catch (error) {
    // Some network file systems cannot do this for a directory; there is nothing more to be had from them.
    if (!hasErrno(error, 'EINVAL', 'ENOTSUP')) throw error;
  } finally {
    files.closeSync(fd);
  }
}

export interface FileText {
  readonly file: string;
  readonly text: string;
}

/** Replaces a file so that a reader, and a crash, find the old text or the new one whole. */
export function replaceFile(replacement: FileText, random: Random): void {
  const temporary = writeTemporary(replacement, random, fs);
  fs.renameSync(temporary, replacement.file);
  syncDirectory(dirname(replacement.file));
}

/** Creates a file with its whole text at once. `false`: somebody else's is there, and stays. */
export function createFile(creation: FileText, random: Random, files: FileCalls = fs): boolean {
  const temporary = writeTemporary(creation, random, files);
  try {
    linkOrWrite(temporary, creation, files);
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    files.unlinkSync(temporary);
  }
  syncDirectory(dirname(creation.file), files);
  return true;
}

/** A link appears whole or not at all. Where a file system has none, the file is at least written only once. */
function linkOrWrite(temporary: string, creation: FileText, files: FileCalls): void {
  try {
    files.linkSync(temporary, creation.file);
  } catch (error) {
    if (!hasErrno(error, 'EPERM', 'ENOTSUP', 'ENOSYS')) throw error;
    writeNew(creation, files);
  }
}

function writeTemporary({ file, text }: FileText, random: Random, files: FileCalls): string {
  const temporary = join(dirname(file), `.${basename(file)}.${randomText(random, 9)}`);
  writeNew({ file: temporary, text }, files);
  return temporary;
}

function writeNew({ file, text }: FileText, files: FileCalls): void {
  const fd = files.openSync(file, 'wx', PRIVATE_FILE);
  try {
    writeWhole(files, fd, Buffer.from(text));
    files.fsyncSync(fd);
  } finally {
    files.closeSync(fd);
  }
}

/** Whether the operating system refused, for one of these reasons if any are named. */
export function hasErrno(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error) || typeof error.code !== 'string')
    return false;
  return codes.length === 0 || codes.includes(error.code);
}
