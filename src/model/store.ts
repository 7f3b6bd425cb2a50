import type { Clock } from './clock.ts';
import type { ApiKeyStore, SessionStore } from './api-key-store.ts';
import type { ConnectionStore } from './connection-store.ts';
import type { ConsentStore } from './consent-store.ts';
import type { CredentialStore } from './credential-store.ts';
import type { EventStore } from './event.ts';
import type { HistoryStore } from './history-store.ts';
import type { HomeStore } from './home-store.ts';
import type { IdTokenStore } from './id-token-store.ts';
import type { MetricStore } from './metric.ts';
import type { NoticeStore } from './notice-store.ts';
import type { PostStore } from './post-store.ts';
import type { ScheduleStore } from './schedule-store.ts';
import type { SessionLedger } from './session-ledger.ts';
import type { StoreMove } from './store-move.ts';
import type { SurveyStore } from './survey-store.ts';

/** Everything durable, as whole operations. `store/` has one of these per engine; one contract suite holds them to it. */
export interface Store {
  /** The time that all who share this store go by. Absent: this machine's own. */
  readonly clock?: Clock | undefined;
  readonly credentials: CredentialStore;
  readonly connections: ConnectionStore;
  readonly consents: ConsentStore;
  readonly idTokens: IdTokenStore;
  readonly posts: PostStore;
  readonly metrics: MetricStore;
  readonly schedules: ScheduleStore;
  readonly events: EventStore;
  readonly notices: NoticeStore;
  readonly apiKeys: ApiKeyStore;
  readonly sessions: SessionStore;
  readonly ledger: SessionLedger;
  readonly history: HistoryStore;
  readonly home: HomeStore;
  readonly move: StoreMove;
  readonly survey: SurveyStore;
  /**
   * A number that changes when anybody has written: this process at once, others at most a second late. What was cached
   * before is then to be read again.
   */
  changes(): number;
  /** `applied`: by this opening of the store, and not by another process that was quicker. */
  migrations(): Promise<{ readonly pending: readonly string[]; readonly applied: readonly string[] }>;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}
