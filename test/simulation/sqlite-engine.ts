import type { CredentialStore } from '../../src/model/credential-store.ts';
import { KippuError } from '../../src/model/errors.ts';
import { sqliteConnectionStore } from '../../src/store/sqlite/connection-queries.ts';
import { sqliteConsentStore } from '../../src/store/sqlite/consent-queries.ts';
import { sqliteCredentialStore } from '../../src/store/sqlite/credential-queries.ts';
import type { Params, Queryable, SqliteDatabase } from '../../src/store/sqlite/database.ts';
import { sqliteHistoryStore } from '../../src/store/sqlite/history-queries.ts';
import { sqliteHomeStore } from '../../src/store/sqlite/home-queries.ts';
import { sqliteNoticeStore } from '../../src/store/sqlite/notice-queries.ts';
import { sqlitePostStore } from '../../src/store/sqlite/post-queries.ts';
import { sqliteScheduleStore } from '../../src/store/sqlite/schedule-queries.ts';
import { changesOf, type Engine, type ProcessStores, type StoreProcess } from './engine.ts';
import { emptyStore, ModelledStore } from './modelled-store.ts';

/** The product's queries for SQLite, on a database in memory. */
export async function sqliteEngine(): Promise<Engine> {
  const empty = await emptyStore();
  return {
    name: 'sqlite',
    open: async (options) => new ModelledStore(empty, options, storesOf),
  };
}

function storesOf(store: ModelledStore, process: StoreProcess): ProcessStores {
  const { settling } = process;
  let ownWrites = 0;
  const database = databaseOf(store, process, () => void (ownWrites += 1));
  return {
    credentials: {
      ...sqliteCredentialStore(database, settling),
      ...(store.mayFailOver ? { lacking: lackingIn(database) } : {}),
    },
    connections: sqliteConnectionStore(database, settling),
    consents: sqliteConsentStore(database, settling.clock),
    posts: sqlitePostStore(database, settling),
    schedules: sqliteScheduleStore(database, settling),
    notices: sqliteNoticeStore(database, settling),
    home: sqliteHomeStore(database, ':memory:', settling),
    history: sqliteHistoryStore(database, settling),
    changes: changesOf(
      settling.clock,
      () => store.commits,
      () => ownWrites,
    ),
  };
}

/** The store as one process writes to it. */
function databaseOf(store: ModelledStore, { trouble, watch }: StoreProcess, written: () => void): SqliteDatabase {
  const database = {
    get: (sql: string, params?: Params) => store.get(sql, params),
    all: (sql: string, params?: Params) => store.all(sql, params),
    run: (sql: string, params?: Params) => store.run(sql, params),
    write: async <T>(work: (tx: Queryable) => T): Promise<T> => {
      if (trouble.isFull) {
        watch.refused();
        throw new KippuError('store_unavailable', 'simulated: the database or disk is full');
      }
      const value = store.transact(work);
      written();
      if (trouble.acknowledgementsToLose > 0) {
        trouble.acknowledgementsToLose -= 1;
        watch.acknowledgementLost();
        throw new KippuError('store_unavailable', 'simulated: the acknowledgement of a commit was lost');
      }
      return value;
    },
  };
  // The queries use these four members and no other.
  return database as unknown as SqliteDatabase;
}

/** As a store with a standby has it. */
function lackingIn(database: Queryable): NonNullable<CredentialStore['lacking']> {
  return async (attempts) => {
    const renewed = new Set(database.all(`select id from attempts where outcome = 'renewed'`).map(({ id }) => id));
    return new Set(attempts.filter((attempt) => !renewed.has(attempt)));
  };
}
