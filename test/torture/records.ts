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

/** One question, and its rows. */
type Ask = (sql: string, ...params: readonly string[]) => Promise<Readonly<Record<string, unknown>>[]>;

export interface Dialect {
  readonly ask: Ask;
  /** The process id in a `sender`, which is JSON. */
  readonly pid: string;
  /** The order in which events became known. */
  readonly eventOrder: string;
  /** What the database itself finds wrong with its files; nothing as a rule. */
  damages(): Promise<string[]>;
  close(): Promise<void>;
}

/** What Kippu's database says, read from beside it: with its own connection and its own SQL. */
export class Records implements AsyncDisposable {
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  connections(): Promise<ConnectionRecord[]> {
    return this.#all<ConnectionRecord>(CONNECTIONS);
  }

  async connection(name: string): Promise<ConnectionRecord | undefined> {
    return (await this.#all<ConnectionRecord>(`${CONNECTIONS} where n.name = ?`, name))[0];
  }

  attempts(): Promise<AttemptRecord[]> {
    return this.#all<AttemptRecord>(
      `select id, connection_id as "connectionId", purpose, version, ${this.#dialect.pid} as "senderPid",
         started_at_ms as "startedAtMs", ended_at_ms as "endedAtMs", outcome, error, replays
       from attempts where purpose <> 'revocation' order by started_at_ms, fence`,
    );
  }

  async events(): Promise<EventRecord[]> {
    const events = await this.#all<EventRecord & { readonly data: string }>(
      `select at_ms as "atMs", type, connection_id as "connectionId", post_id as "postId", data from events
       order by ${this.#dialect.eventOrder}`,
    );
    return events.map((event) => ({ ...event, data: JSON.parse(event.data) as Record<string, unknown> }));
  }

  posts(): Promise<PostRecord[]> {
    return this.#all<PostRecord>(
      `select id, connection_id as "connectionId", text, status, status_reason as reason, status_detail as detail,
         remote_id as "remoteId", publish_at_ms as "publishAtMs", due_at_ms as "dueAtMs", read_backs as "readBacks"
       from posts`,
    );
  }

  postAttempts(): Promise<PostAttemptRecord[]> {
    return this.#all<PostAttemptRecord>(
      `select post_id as "postId", ${this.#dialect.pid} as "senderPid", started_at_ms as "startedAtMs",
         ended_at_ms as "endedAtMs", outcome, reason, detail
       from post_attempts order by started_at_ms`,
    );
  }

  async isAppHeld(): Promise<boolean> {
    return (await this.#all('select id from provider_apps where held_for_operator = 1')).length > 0;
  }

  damages(): Promise<string[]> {
    return this.#dialect.damages();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#dialect.close();
  }

  async #all<T>(sql: string, ...params: readonly string[]): Promise<T[]> {
    return (await this.#dialect.ask(sql, ...params)) as T[];
  }
}

const CONNECTIONS = `
  select n.id, n.name, n.handle, n.state, n.state_reason as reason, c.version, c.access_issued_at_ms as "accessIssuedAtMs",
    c.access_expires_at_ms as "accessExpiresAtMs", c.attempt_id as "openAttempt"
  from connections n join credentials c on c.connection_id = n.id`;
