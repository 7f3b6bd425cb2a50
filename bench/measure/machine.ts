import { execFileSync } from 'node:child_process';
import os from 'node:os';
import process from 'node:process';

/** Where and under what load the figures were taken. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  readonly sqlite: string;
  readonly commit: string;
  /** Over a minute, over five, over fifteen; before anything of the bench ran. */
  readonly load: readonly number[];
  readonly at: string;
}

export function lookAtMachine(root: string): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    v8: process.versions.v8,
    sqlite: process.versions['sqlite'] ?? 'none',
    commit: commitOf(root),
    load: os.loadavg().map((load) => Math.round(load * 100) / 100),
    at: new Date().toISOString(),
  };
}

function commitOf(root: string): string {
  try {
    const git = (...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim();
    const commit = git('rev-parse', '--short', 'HEAD');
    return git('status', '--porcelain', '--', 'src') === '' ? commit : `${commit} and changes`;
  } catch {
    // A tarball of the source has no history.
    return 'unknown';
  }
}
