import type { Connection } from '../model/connection.ts';
import type { Store } from '../model/store.ts';

interface LookUp {
  readonly changes: number;
  readonly found: Promise<Connection | undefined>;
}

/**
 * Look-ups of connections that are under way. A crowd that asks for the same one at once makes one: where the store is a
 * server, thousands would wait for its few connections until they gave up. What was written here since one began is never
 * missed by sharing it.
 */
export class LookUps {
  readonly #store: Pick<Store, 'connections' | 'changes'>;
  readonly #underWay = new Map<string, LookUp>();

  constructor(store: Pick<Store, 'connections' | 'changes'>) {
    this.#store = store;
  }

  find(idOrName: string): Promise<Connection | undefined> {
    const changes = this.#store.changes();
    const underWay = this.#underWay.get(idOrName);
    if (underWay?.changes === changes) return underWay.found;
    const lookUp = { changes, found: this.#store.connections.find(idOrName) };
    this.#underWay.set(idOrName, lookUp);
    const forget = (): void => {
      if (this.#underWay.get(idOrName) === lookUp) this.#underWay.delete(idOrName);
    };
    lookUp.found.then(forget, forget);
    return lookUp.found;
  }
}
