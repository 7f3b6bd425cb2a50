import { DatabaseSync } from 'node:sqlite';

/** What Kippu's database says, read from beside it: with its own connection and its own SQL. */
export interface ConnectionRecord {
  readonly id: string;
  readonly name: string;
  readonly handle: string;
  readonly state: string;
  readonly reason: string | null;
  readonly version: number;
  readonly accessIssuedAtMs: number;
  readonly accessExpiresAtMs: number | null;
  readonly openAttempt: string | null;
}

export interface AttemptRecord {
  readonly id: string;
  readonly connectionId: string;
  readonly purpose: string;
  readonly version: number;
  readonly senderPid: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly outcome: string | null;
  readonly error: string | null;
  readonly replays: number;
}

export interface EventRecord {
  readonly atMs: number;
  readonly type: string;
  readonly connectionId: string | null;
  readonly postId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface PostRecord {
  readonly id: string;
  readonly connectionId: string;
  readonly text: string;
  readonly status: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly remoteId: string | null;
  readonly publishAtMs: number | null;
  readonly dueAtMs: number | null;
  readonly readBacks: number;
}

export interface PostAttemptRecord {
  readonly postId: string;
  readonly senderPid: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly detail: string | null;
}

const SQL = {
  connections: `select n.id, n.name, n.handle, n.state, n.state_reason as reason, c.version,
    c.access_issued_at_ms as accessIssuedAtMs, c.access_expires_at_ms as accessExpiresAtMs, c.attempt_id as openAttempt
    from connections n join credentials c on c.connection_id = n.id`,
  attempts: `select id, connection_id as connectionId, purpose, version, json_extract(sender, '$.pid') as senderPid,
    started_at_ms as startedAtMs, ended_at_ms as endedAtMs, outcome, error, replays
    from attempts where purpose <> 'revocation' order by started_at_ms, fence`,
  events: `select at_ms as atMs, type, connection_id as connectionId, post_id as postId, data from events order by sequence`,
  posts: `select id, connection_id as connectionId, text, status, status_reason as reason, status_detail as detail,
    remote_id as remoteId, publish_at_ms as publishAtMs, due_at_ms as dueAtMs,
    read_backs as readBacks from posts`,
  postAttempts: `select post_id as postId, json_extract(sender, '$.pid') as senderPid, started_at_ms as startedAtMs,
    ended_at_ms as endedAtMs, outcome, reason, detail from post_attempts order by started_at_ms`,
} as const;

export class Records implements Disposable {
  readonly #db: DatabaseSync;

  constructor(databasePath: string) {
    this.#db = new DatabaseSync(databasePath, { readOnly: true, timeout: 5000 });
  }

  connections(): ConnectionRecord[] {
    return this.#all<ConnectionRecord>(SQL.connections);
  }

  connection(name: string): ConnectionRecord | undefined {
    return this.#all<ConnectionRecord>(`${SQL.connections} where n.name = ?`, name)[0];
  }

  attempts(): AttemptRecord[] {
    return this.#all<AttemptRecord>(SQL.attempts);
  }

  events(): EventRecord[] {
    return this.#all<EventRecord & { readonly data: string }>(SQL.events).map((event) => ({
      ...event,
      data: JSON.parse(event.data) as Record<string, unknown>,
    }));
  }

  posts(): PostRecord[] {
    return this.#all<PostRecord>(SQL.posts);
  }

  postAttempts(): PostAttemptRecord[] {
    return this.#all<PostAttemptRecord>(SQL.postAttempts);
  }

  isAppHeld(): boolean {
    return this.#all('select 1 from provider_apps where held_for_operator = 1').length > 0;
  }

  /** What SQLite itself finds wrong with the file; nothing as a rule. */
  damages(): string[] {
    return this.#all<{ readonly integrity_check: string }>('pragma integrity_check')
      .map((row) => row.integrity_check)
      .filter((line) => line !== 'ok');
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #all<T>(sql: string, ...params: readonly string[]): T[] {
    return this.#db.prepare(sql).all(...params) as T[];
  }
}
