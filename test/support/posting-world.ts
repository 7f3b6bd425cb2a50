import { setImmediate as turn } from 'node:timers/promises';
import type { Access, AccessNeed, AccessTokens } from '../../src/model/access-tokens.ts';
import type { Connection } from '../../src/model/connection.ts';
import { KippuError, type ErrorCode } from '../../src/model/errors.ts';
import type { KippuEvent } from '../../src/model/event.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import type { HttpClient } from '../../src/model/http.ts';
import type { ConnectionId, NodeId, PostId } from '../../src/model/ids.ts';
import type { Post } from '../../src/model/post.ts';
import type { PostStore } from '../../src/model/post-store.ts';
import type { ProcessIdentity } from '../../src/model/processes.ts';
import { Secret } from '../../src/model/secret.ts';
import { createPost, type DraftPorts, type PostRequest } from '../../src/posts/drafts.ts';
import { NETWORKS } from '../../src/posts/networks/all.ts';
import { tendDuePosts } from '../../src/posts/worker.ts';
import type { SqliteDatabase } from '../../src/store/sqlite/database.ts';
import { sqliteEventStore } from '../../src/store/sqlite/event-queries.ts';
import { sqlitePostStore } from '../../src/store/sqlite/post-queries.ts';
import { insertConnection, openDatabase } from './posts-database.ts';
import { ScriptedX } from './scripted-x.ts';
import { seededRandom } from './seeded-random.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

/** The process died here. */
export class Crash extends Error {}

export interface WorldOptions {
  readonly start?: string;
  /** Absent: a scripted X. */
  readonly http?: (clock: VirtualClock) => HttpClient;
}

/** One account at X, one database, and processes that come and go. */
export async function createPostingWorld(options: WorldOptions = {}): Promise<PostingWorld> {
  const clock = new VirtualClock(options.start);
  const random = seededRandom();
  const db = await openDatabase(clock);
  const alice = await insertConnection(db, 'x:alice', random);
  return new PostingWorld({ clock, db, alice, random, http: options.http });
}

/** What the provider's side of tokens does, without a provider. */
export class FakeTokens implements AccessTokens {
  readonly needs: AccessNeed[] = [];
  access: Partial<Access> = {};
  #version = 1;
  #trouble: KippuError | undefined;

  failWith(code: ErrorCode, facts: { readonly retryAfterMs?: number } = {}): void {
    this.#trouble = new KippuError(code, `scripted: ${code}`, facts);
  }

  recover(): void {
    this.#trouble = undefined;
  }

  async get(_connection: ConnectionId, need: AccessNeed = {}): Promise<Access> {
    this.needs.push(need);
    if (this.#trouble !== undefined) throw this.#trouble;
    if (need.refused?.reveal() === `token-${this.#version}`) this.#version += 1;
    return {
      accessToken: new Secret(`token-${this.#version}`),
      tokenType: 'bearer',
      expiresAtMs: undefined,
      scopes: [],
      version: this.#version,
      apiOrigin: 'https://api.x.com',
      provider: 'x',
      subject: '42',
      ...this.access,
    };
  }
}

interface WorldParts {
  readonly clock: VirtualClock;
  readonly db: SqliteDatabase;
  readonly alice: ConnectionId;
  readonly random: ReturnType<typeof seededRandom>;
  readonly http: WorldOptions['http'];
}

export class PostingWorld {
  readonly clock: VirtualClock;
  readonly db: SqliteDatabase;
  readonly posts: PostStore;
  readonly alice: ConnectionId;
  readonly x: ScriptedX;
  readonly tokens = new FakeTokens();
  readonly background: Promise<void>[] = [];
  ports: DraftPorts;
  crashAt: FaultPoint | undefined;
  crashedAt: FaultPoint | undefined;
  readonly #parts: WorldParts;
  readonly #gone = new Set<number>();
  #pid = 1;

  constructor(parts: WorldParts) {
    this.#parts = parts;
    this.clock = parts.clock;
    this.db = parts.db;
    this.alice = parts.alice;
    this.x = new ScriptedX(parts.clock);
    this.posts = sqlitePostStore(parts.db, parts);
    this.ports = this.#process();
  }

  #process(): DraftPorts {
    const { clock, random, http } = this.#parts;
    return {
      posts: this.posts,
      connections: { find: async (idOrName) => this.#findConnection(idOrName) },
      tokens: this.tokens,
      networks: NETWORKS,
      http: http === undefined ? this.x : http(clock),
      clock,
      random,
      processes: { self: identity(this.#pid), isGone: (process) => this.#gone.has(process.pid) },
      faults: {
        reach: (point) => {
          if (point !== this.crashAt) return;
          this.crashedAt = point;
          throw new Crash(point);
        },
      },
      background: (work) => {
        this.background.push(work);
        // Looked at by those tests that wait for it.
        work.catch(() => {});
      },
    };
  }

  #findConnection(idOrName: string): Connection | undefined {
    const row = this.db.get('select * from connections where id = :idOrName or name = :idOrName', { idOrName });
    if (row === undefined) return undefined;
    return { ...row, scopes: JSON.parse(String(row['scopes'])) as string[] } as unknown as Connection;
  }

  /** The process is gone, certainly (`kill -9`), and another starts. */
  restart(): void {
    this.#gone.add(this.#pid);
    this.startAnother();
  }

  /** Another process takes over without knowing what became of the first. */
  startAnother(): void {
    this.#pid += 1;
    this.crashAt = undefined;
    this.crashedAt = undefined;
    this.ports = this.#process();
  }

  async post(request: Partial<PostRequest> = {}): Promise<Post> {
    return (await createPost({ connection: 'x:alice', text: 'good morning', ...request }, undefined, this.ports)).post;
  }

  /** As {@link post}, in a process that dies on the way. */
  async postAndCrash(at: FaultPoint, request: Partial<PostRequest> = {}): Promise<PostId> {
    this.crashAt = at;
    await this.post(request);
    if (this.crashedAt !== at) throw new Error(`${at} was not reached`);
    const { items } = await this.posts.list({ limit: 1 });
    return items[0]?.id ?? ('' as PostId);
  }

  /** The worker runs for this long. */
  async pass(ms: number): Promise<void> {
    const endMs = this.clock.monotonicMs() + ms;
    for (;;) {
      await this.tend();
      const leftMs = endMs - this.clock.monotonicMs();
      if (leftMs <= 0) return;
      const dueInMs = ((await this.posts.nextDueAtMs()) ?? Number.POSITIVE_INFINITY) - this.clock.nowMs();
      await this.clock.advance(Math.min(leftMs, Math.max(dueInMs, 1_000)));
    }
  }

  /** One round of the worker, with as much time as it needs. */
  async tend(): Promise<void> {
    let isDone = false;
    const round = tendDuePosts(this.ports, { limit: 100 }).finally(() => {
      isDone = true;
    });
    await settle();
    while (!isDone) await this.clock.advance(1_000);
    const { failures } = await round;
    if (failures[0] !== undefined) throw failures[0].error;
  }

  /** Waits for something that itself waits for time. */
  async whileTimePasses<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const watched = work.finally(() => {
      isDone = true;
    });
    watched.catch(() => {});
    await settle();
    while (!isDone) await this.clock.advance(1_000);
    return watched;
  }

  async now(id: PostId): Promise<Post> {
    const post = await this.posts.read(id);
    if (post === undefined) throw new Error(`no post ${id}`);
    return post;
  }

  async events(type?: KippuEvent['type']): Promise<readonly KippuEvent[]> {
    await turn();
    const all = await sqliteEventStore(this.db).list({ limit: 1000 });
    return type === undefined ? all : all.filter((event) => event.type === type);
  }
}

export function identity(pid: number): ProcessIdentity {
  return { nodeId: 'nod_a' as NodeId, machine: 'this', pid, started: String(pid) };
}
