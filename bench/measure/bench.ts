import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Installed } from '../world/installed.ts';

/** What a row works with. */
export interface Bench {
  /** The built product, as a user has it. */
  readonly installed: Installed;
  /** A new empty folder on the disk; it is gone when the row is done. */
  folder(): string;
  /** Ended when the row is done, the last one first. */
  onEnd(end: () => unknown): void;
  /** For whoever waits. */
  say(text: string): void;
}

/** One row's world, with everything in it undone at the end, however the row went. */
export class RowBench implements Bench {
  readonly installed: Installed;
  readonly say: (text: string) => void;
  readonly #ends: (() => unknown)[] = [];

  constructor(installed: Installed, say: (text: string) => void) {
    this.installed = installed;
    this.say = say;
  }

  folder(): string {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'kippu-bench-'));
    this.onEnd(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    return folder;
  }

  onEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  async end(): Promise<void> {
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) await end();
  }
}
