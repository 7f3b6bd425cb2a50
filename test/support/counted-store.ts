import type { Store } from '../../src/model/store.ts';

/**
 * Counts what is under way at a store that answers in real time, so that a virtual clock can be held meanwhile: a test's
 * minutes would be over before a server has said its first word.
 */
export class StoreTraffic {
  readonly #underWay = new Set<Promise<unknown>>();

  count<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
    return work;
  }

  /** The same store, of which all that it is asked is counted. Whoever sleeps by its clock asks nothing. */
  of(store: Store): Store {
    return this.#counted(store);
  }

  /** Resolves when nothing is under way, and nothing has been asked because of what was answered. */
  async idle(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (this.#underWay.size === 0) return;
      await Promise.all(this.#underWay);
    }
  }

  #counted<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (own, name) => {
        const value: unknown = Reflect.get(own, name);
        if (typeof value === 'function')
          return (...args: unknown[]): unknown => {
            const result: unknown = Reflect.apply(value, own, args);
            return result instanceof Promise ? this.count(result) : result;
          };
        return typeof value === 'object' && value !== null && name !== 'clock' ? this.#counted(value) : value;
      },
    });
  }
}
