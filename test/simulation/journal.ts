import { createHash } from 'node:crypto';
import type { Scheduler } from './scheduler.ts';

export interface Entry {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

/** What happened, in words, with names instead of ids; and how often each kind of thing was met. */
export class Journal {
  readonly entries: Entry[] = [];
  readonly met = new Map<string, number>();
  readonly #scheduler: Scheduler;
  readonly #isTelling: boolean;
  readonly #names = new Map<string, string>();

  /** `isTelling`: words cost time, and most histories are read by nobody. */
  constructor(scheduler: Scheduler, isTelling: boolean) {
    this.#scheduler = scheduler;
    this.#isTelling = isTelling;
  }

  tell(who: string, what: () => string): void {
    if (this.#isTelling) this.entries.push({ atMs: this.#scheduler.nowMs, who, what: this.withNames(what()) });
  }

  /** Something of this kind happened once more. */
  meet(kind: string, what: string): void {
    const name = `${kind}: ${what}`;
    this.met.set(name, (this.met.get(name) ?? 0) + 1);
  }

  /** From now on this id, or this token, is told by its name. */
  name(id: string, name: string): void {
    if (this.#isTelling) this.#names.set(id, name);
  }

  /** The same for two histories only if they are the same, byte for byte. */
  digest(): string {
    const text = this.entries.map(({ atMs, who, what }) => `${atMs} ${who}: ${what}\n`).join('');
    return createHash('sha256').update(text).digest('hex');
  }

  /** `canary-refresh-alice-4` is a token's own text, and `refresh token 4 of alice` is its name. */
  withNames(text: string): string {
    return text
      .replaceAll(/canary-(refresh|access)-([a-z]+)-(\d+)/g, '$1 token $3 of $2')
      .replaceAll(/(?:con|pst|att|cns|sch|evt|whk|dlv)_[0-9a-z]{20}/g, (id) => this.#names.get(id) ?? id.slice(0, 7));
  }
}
