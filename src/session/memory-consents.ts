import type { Consent, ConsentStore } from '../model/consent-store.ts';
import type { ConsentId } from '../model/ids.ts';

/** Each was begun by a browser and answered by a provider: more than these in a quarter of an hour are not kept apart. */
const KEPT_MAX = 10_000;

/** Consents that one process knows: those of one request, or, where no ledger is, those that were answered lately. */
export class MemoryConsents implements ConsentStore {
  readonly #consents = new Map<ConsentId, Consent>();

  /** Throws for one that is there: it may have moved on. */
  async create(consent: Consent): Promise<void> {
    if (this.#consents.has(consent.id)) throw new TypeError('This consent was begun before.');
    const [oldest] = this.#consents.keys();
    if (oldest !== undefined && this.#consents.size >= KEPT_MAX) this.#consents.delete(oldest);
    this.#consents.set(consent.id, consent);
  }

  async find(id: ConsentId): Promise<Consent | undefined> {
    return this.#consents.get(id);
  }

  async findByState(stateHash: string): Promise<Consent | undefined> {
    return [...this.#consents.values()].find((consent) => consent.stateHash === stateHash);
  }

  async advance(...[id, from, changes]: Parameters<ConsentStore['advance']>): Promise<boolean> {
    const consent = this.#consents.get(id);
    if (consent?.state !== from) return false;
    this.#consents.set(id, { ...consent, ...changes });
    return true;
  }

  async pending(): Promise<readonly Consent[]> {
    return [];
  }

  async takeWaiting(): Promise<readonly Consent[]> {
    return [];
  }

  async expire({ forgetBeforeMs }: Parameters<ConsentStore['expire']>[0]): Promise<number> {
    const old = [...this.#consents.values()].filter(({ createdAtMs }) => createdAtMs < forgetBeforeMs);
    for (const { id } of old) this.#consents.delete(id);
    return old.length;
  }
}
