import type { App } from './open.ts';

interface Memory<V> {
  readonly entries: Map<string, V>;
  readonly changes: number;
}

/**
 * What was looked up in the store, remembered until anybody writes to it: this process's writes count at once, those of
 * others at most a second late.
 */
export class UntilWritten<V> {
  readonly #memories = new WeakMap<App, Memory<V>>();
  readonly #entriesMax: number;

  constructor({ entriesMax }: { readonly entriesMax: number }) {
    this.#entriesMax = entriesMax;
  }

  /** What is remembered, at once; `undefined` says nothing but that it must be looked up. */
  known(key: string, app: App): V | undefined {
    return this.#current(app).get(key);
  }

  /** What is not found is looked up each time. */
  async get(key: string, app: App, lookUp: () => Promise<V | undefined>): Promise<V | undefined> {
    const known = this.known(key, app);
    if (known !== undefined) return known;
    const changes = app.store.changes();
    const found = await lookUp();
    // Somebody may have written in the meantime: then what was found is already old.
    if (found !== undefined && app.store.changes() === changes) this.#keep(key, found, app);
    return found;
  }

  #keep(key: string, value: V, app: App): void {
    const entries = this.#current(app);
    if (entries.size >= this.#entriesMax) entries.clear();
    entries.set(key, value);
  }

  #current(app: App): Map<string, V> {
    const changes = app.store.changes();
    const memory = this.#memories.get(app);
    if (memory?.changes === changes) return memory.entries;
    const entries = new Map<string, V>();
    this.#memories.set(app, { entries, changes });
    return entries;
  }
}
