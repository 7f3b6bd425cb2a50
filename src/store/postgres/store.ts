import type { Clock } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import type { FaultPoints } from '../../model/fault-points.ts';
import { randomText, type Random } from '../../model/random.ts';
import type { Store } from '../../model/store.ts';
import { postgresApiKeyStore, postgresSessionStore } from './access-queries.ts';
import { Calm } from './calm.ts';
import { postgresConnectionStore } from './connection-queries.ts';
import { postgresConsentStore } from './consent-queries.ts';
import { postgresCredentialStore } from './credential-queries.ts';
import { PostgresDatabase } from './database.ts';
import { postgresEventStore } from './event-queries.ts';
import { findIdentity } from './identity.ts';
import { postgresHistoryStore } from './history-queries.ts';
import { postgresHomeStore } from './home-queries.ts';
import { postgresIdTokenStore } from './id-token-queries.ts';
import { postgresSessionLedger } from './ledger-queries.ts';
import { postgresMetricStore } from './metric-queries.ts';
import { migrate, pendingMigrations } from './migrate.ts';
import { News } from './news.ts';
import { postgresStoreMove } from './move-queries.ts';
import { postgresNoticeStore } from './notice-queries.ts';
import { postgresPostStore } from './post-queries.ts';
import { postgresScheduleStore } from './schedule-queries.ts';
import type { Servers } from './servers.ts';
import { SharedClock, storeClock } from './shared-clock.ts';
import { Statements } from './statement.ts';
import { postgresSurveyStore } from './survey-queries.ts';

/** How often this machine's clock is compared with the database's. */
const COMPARE_CLOCKS_MS = 60_000;

export interface PostgresStoreOptions {
  readonly servers: Servers;
  /** Where all tables are. */
  readonly schema: string;
  /** `false` behind a pooler that lends connections for one transaction: then others' writes are noticed after a second. */
  readonly listens: boolean;
  readonly clock: Clock;
  /** Whose time instants are of: the database's, which all nodes share, or the given clock's alone. */
  readonly timeOf: 'database' | 'clock';
  /** For waiting between tries. Absent: the same clock. */
  readonly patience?: Clock | undefined;
  readonly random: Random;
  readonly faults: FaultPoints;
  /** `false`: the schema is left as it is, and `migrations()` says what is missing. */
  readonly migrates: boolean;
}

export interface PostgresStore extends Store {
  /** Resolves when all that was committed here is told, and all that others told before is heard. */
  caughtUp(): Promise<void>;
}

/** Opens a store, with its schema brought up to date. Throws `store_unavailable`, and `conflict` for a newer schema. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const { servers, schema, listens, random, faults, migrates } = options;
  const statements = new Statements(schema);
  const shared = new SharedClock(options.clock);
  const clock = options.timeOf === 'database' ? shared : storeClock(options.clock);
  const db = new PostgresDatabase({ servers, statements, clock: options.patience ?? options.clock, random });
  const news = new News({ db, clock: options.clock, schema, self: randomText(random, 12), listens });
  const end = new AbortController();
  try {
    await refuseOtherEncoding(db);
    const applied = migrates ? await migrate(db, schema) : [];
    // Throws for a schema that a newer Kippu has migrated.
    if (!migrates) await pendingMigrations(db, schema);
    const identity = await findIdentity(db, schema);
    if (options.timeOf === 'database') await shared.follow(db);
    await news.begin();
    const comparing = options.timeOf === 'database' ? keepComparing(shared, db, end.signal) : Promise.resolve();
    const settling = { clock, random, faults };
    return {
      clock,
      credentials: postgresCredentialStore(db, settling, new Calm(servers, options.patience ?? options.clock)),
      connections: postgresConnectionStore(db, settling),
      consents: postgresConsentStore(db, clock),
      idTokens: postgresIdTokenStore(db),
      posts: postgresPostStore(db, settling),
      metrics: postgresMetricStore(db),
      schedules: postgresScheduleStore(db, settling),
      events: postgresEventStore(db),
      notices: postgresNoticeStore(db, settling),
      apiKeys: postgresApiKeyStore(db, clock),
      sessions: postgresSessionStore(db, clock),
      ledger: postgresSessionLedger(db, settling),
      history: postgresHistoryStore(db, settling),
      home: postgresHomeStore(db, identity, settling),
      move: postgresStoreMove(db, identity),
      survey: postgresSurveyStore(db),
      changes: () => news.changes(),
      caughtUp: () => news.caughtUp(),
      async migrations() {
        return { pending: await pendingMigrations(db, schema), applied };
      },
      async close() {
        end.abort();
        await news.close();
        await Promise.all([comparing, db.close()]);
      },
    };
  } catch (error) {
    await news.close();
    await db.close();
    throw error;
  }
}

async function keepComparing(shared: SharedClock, db: PostgresDatabase, signal: AbortSignal): Promise<void> {
  for (;;) {
    await shared.sleep(COMPARE_CLOCKS_MS, signal);
    if (signal.aborted) return;
    try {
      await shared.compare(db);
    } catch {
      // The server is away: what was found last is still the best that is known.
    }
  }
}

/** In another encoding the server refuses texts that every provider may send. */
async function refuseOtherEncoding(db: PostgresDatabase): Promise<void> {
  const row = await db.get(
    `select current_setting('server_encoding') as encoding, current_database()::text as database`,
  );
  if (row?.['encoding'] === 'UTF8') return;
  throw new KippuError(
    'store_unavailable',
    `The database ${String(row?.['database'])} is encoded in ${String(row?.['encoding'])}, and Kippu needs UTF8. ` +
      `Make one with: create database kippu encoding 'UTF8' template template0`,
  );
}
