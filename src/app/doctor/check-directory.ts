import { accessSync, constants, statSync } from 'node:fs';
import type { Finding } from './finding.ts';

const OTHERS = 0o077;

/** The data directory, looked at and not made. */
export function checkDirectory(path: string): Finding {
  let mode: number;
  try {
    const stats = statSync(path);
    if (!stats.isDirectory()) return { kind: 'directory_unusable', level: 'problem', path, error: 'ENOTDIR' };
    mode = stats.mode;
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ENOENT') return { kind: 'directory_missing', level: 'ok', path };
    return { kind: 'directory_unusable', level: 'problem', path, error: code };
  }
  // Windows keeps who may read a file elsewhere.
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    return { kind: 'directory_open_to_others', level: 'warning', path, mode: (mode & 0o777).toString(8) };
  }
  return { kind: 'directory_good', level: 'ok', path };
}
