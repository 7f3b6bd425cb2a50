import type { Clock } from '../../src/model/clock.ts';
import { KippuError } from '../../src/model/errors.ts';
import { SqliteDatabase, type Queryable } from '../../src/store/sqlite/database.ts';
import type { ProcessLife } from './process-life.ts';

/** A process's own connection to the database: it can be killed with it, and its disk can fail. */
export class NodeDatabase extends SqliteDatabase {
  readonly #life: ProcessLife;
  #trouble: 'fails' | 'stalls' | undefined;
  #release: (() => void)[] = [];
  /** Writes that were asked for: as many durable commits, or fewer. */
  writes = 0;

  constructor(path: string, clock: Clock, life: ProcessLife) {
    super(path, clock);
    // A simulated crash loses nothing that SQLite has been given: the real disk need not be waited for.
    this.exec('pragma synchronous = off');
    this.#life = life;
  }

  /** Writes are refused from now on. */
  failWrites(): void {
    this.#trouble = 'fails';
  }

  /** Writes wait from now on, until {@link heal}. */
  stallWrites(): void {
    this.#trouble = 'stalls';
  }

  heal(): void {
    this.#trouble = undefined;
    for (const release of this.#release.splice(0)) release();
  }

  override async write<T>(work: (db: Queryable) => T): Promise<T> {
    this.writes += 1;
    if (this.#trouble === 'fails') throw new KippuError('store_unavailable', 'the disk is full');
    if (this.#trouble === 'stalls') {
      await new Promise<void>((resolve) => {
        this.#release.push(resolve);
      });
    }
    return super.write((tx) => {
      this.#life.dieIfDead();
      return work(tx);
    });
  }
}
