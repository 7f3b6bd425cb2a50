import type { Clock } from '../../model/clock.ts';
import type { FaultPoints } from '../../model/fault-points.ts';
import type { Random } from '../../model/random.ts';
import type { Store } from '../../model/store.ts';
import { sqliteApiKeyStore, sqliteSessionStore } from './access-queries.ts';
import { sqliteConnectionStore } from './connection-queries.ts';
import { sqliteConsentStore } from './consent-queries.ts';
import { sqliteCredentialStore } from './credential-queries.ts';
import { SqliteDatabase } from './database.ts';
import { sqliteEventStore } from './event-queries.ts';
import { sqliteHistoryStore } from './history-queries.ts';
import { sqliteHomeStore } from './home-queries.ts';
import { sqliteIdTokenStore } from './id-token-queries.ts';
import { sqliteSessionLedger } from './ledger-queries.ts';
import { sqliteMetricStore } from './metric-queries.ts';
import { migrate, type MigrationReport } from './migrate.ts';
import { sqliteStoreMove } from './move-queries.ts';
import { sqliteNoticeStore } from './notice-queries.ts';
import { sqlitePostStore } from './post-queries.ts';
import { sqliteScheduleStore } from './schedule-queries.ts';
import { sqliteSurveyStore } from './survey-queries.ts';
import { namesWith } from './table-names.ts';

/** Another process's commit is noticed after this at the latest. */
const CHANGE_POLL_MS = 1000;

export interface SqliteStoreOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  /** Stands before the name of every table and index, in a file that is an application's too. */
  readonly prefix?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: FaultPoints;
  /** `false`: the schema is left as it is, and `migrations()` says what is missing. */
  readonly migrates: boolean;
}

/** Opens a store, with its schema brought up to date. */
export async function openSqliteStore({
  path,
  prefix = '',
  clock,
  random,
  faults,
  migrates,
}: SqliteStoreOptions): Promise<Store> {
  const db = new SqliteDatabase(path, clock, namesWith(prefix));
  const { applied } = await migrateOrClose(db, migrates);
  const settling = { clock, random, faults };
  const home = sqliteHomeStore(db, path, settling);
  return {
    credentials: sqliteCredentialStore(db, settling),
    connections: sqliteConnectionStore(db, settling),
    consents: sqliteConsentStore(db, clock),
    idTokens: sqliteIdTokenStore(db),
    posts: sqlitePostStore(db, settling),
    metrics: sqliteMetricStore(db),
    schedules: sqliteScheduleStore(db, settling),
    events: sqliteEventStore(db),
    notices: sqliteNoticeStore(db, settling),
    apiKeys: sqliteApiKeyStore(db, clock),
    sessions: sqliteSessionStore(db, clock),
    ledger: sqliteSessionLedger(db, settling),
    history: sqliteHistoryStore(db, settling),
    home,
    move: sqliteStoreMove(db, () => home.identity()),
    survey: sqliteSurveyStore(db),
    changes: changesOf(db, clock),
    async migrations() {
      const { pending } = await migrate(db, { check: true });
      return { pending, applied };
    },
    close: () => db.close(),
  };
}

async function migrateOrClose(db: SqliteDatabase, migrates: boolean): Promise<MigrationReport> {
  try {
    return await migrate(db, { check: !migrates });
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** Both only ever grow: what others committed, asked at most once a second, and what this process changed itself. */
function changesOf(db: SqliteDatabase, clock: Clock): () => number {
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let others = 0;
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - askedAtMs >= CHANGE_POLL_MS) {
      askedAtMs = nowMs;
      others = db.dataVersion();
    }
    return others + db.ownChanges();
  };
}
