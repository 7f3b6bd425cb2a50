import { request } from 'node:http';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Bench } from '../measure/bench.ts';
import { peer } from './peers.ts';
import { CLIENT, type Provider } from './provider.ts';

/** One presentation of a refresh token, and the text that comes for it. */
export type Exchange = (refreshToken: string) => Promise<string>;

/** The form that X wants, as Kippu sends it too. */
export function renewalRequest(refreshToken: string): {
  readonly headers: Record<string, string>;
  readonly body: string;
} {
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }).toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    authorization: `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`,
    accept: 'application/json',
  };
  return { headers, body };
}

/** `node:http` with a connection for each request: how Kippu does it, which must look at its lease in between. */
export function exchangeByNodeHttp({ tokenUrl }: Provider): Exchange {
  return (refreshToken) => {
    const { headers, body } = renewalRequest(refreshToken);
    return new Promise((resolve, reject) => {
      const outgoing = request(tokenUrl, { method: 'POST', headers, agent: false }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        incoming.on('end', () => {
          resolve(text);
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  };
}

interface Undici {
  Pool: new (
    origin: string,
    options: object,
  ) => {
    request(options: object): Promise<{ readonly body: { text(): Promise<string> } }>;
    close(): Promise<void>;
  };
}

/** undici, the quickest client there is for Node, on connections that stay open. */
export async function exchangeByUndici(
  bench: Bench,
  { url, tokenUrl }: Provider,
  { connections }: { readonly connections: number },
): Promise<Exchange> {
  const { Pool } = await peer<Undici>('undici');
  const pool = new Pool(url, { connections });
  bench.onEnd(() => pool.close());
  const { pathname } = new URL(tokenUrl);
  return async (refreshToken) => {
    const { body } = await pool.request({ method: 'POST', path: pathname, ...renewalRequest(refreshToken) });
    return body.text();
  };
}

/**
 * What a renewal that survives a crash cannot do without: one commit before the request leaves, which says that it does,
 * and one for what came. Nothing is sealed, checked or told to anybody.
 */
export class BareStore {
  readonly #db: DatabaseSync;
  readonly #writes;
  #waiting: { readonly write: () => void; readonly done: () => void }[] = [];

  constructor(bench: Bench, connections: number) {
    this.#db = new DatabaseSync(path.join(bench.folder(), 'bare.db'));
    bench.onEnd(() => {
      this.#db.close();
    });
    this.#db.exec(`
      pragma journal_mode = wal; pragma synchronous = full;
      create table tokens (id integer primary key, refresh_token text not null, answer text, attempt integer);
      begin`);
    const insert = this.#db.prepare('insert into tokens (id, refresh_token) values (?, ?)');
    for (let id = 0; id < connections; id += 1) insert.run(id, `bare-${id}-${Math.random()}`.padEnd(90, 'r'));
    this.#db.exec('commit');
    this.#writes = {
      attempt: this.#db.prepare('update tokens set attempt = ? where id = ?'),
      answer: this.#db.prepare('update tokens set refresh_token = ?, answer = ?, attempt = null where id = ?'),
      read: this.#db.prepare('select refresh_token from tokens where id = ?'),
    };
  }

  refreshToken(id: number): string {
    return String(this.#writes.read.get(id)?.['refresh_token']);
  }

  writeAttempt(id: number): void {
    this.#writes.attempt.run(Date.now(), id);
  }

  writeAnswer(id: number, answer: string): void {
    const { refresh_token: refreshToken } = JSON.parse(answer) as { readonly refresh_token: string };
    this.#writes.answer.run(refreshToken, answer, id);
  }

  /** Commits it together with what else waits by then. */
  together(write: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ write, done: resolve });
      if (this.#waiting.length === 1)
        setImmediate(() => {
          this.#commitAll();
        });
    });
  }

  #commitAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#db.exec('begin immediate');
    for (const { write } of waiting) write();
    this.#db.exec('commit');
    for (const { done } of waiting) done();
  }
}

/** The floor of one renewal at a time: each commit by itself. */
export async function renewBare(id: number, store: BareStore, exchange: Exchange): Promise<void> {
  const refreshToken = store.refreshToken(id);
  store.writeAttempt(id);
  store.writeAnswer(id, await exchange(refreshToken));
}

/** The floor of many at a time: the commits of those that are under way together are one. */
export async function renewBareTogether(id: number, store: BareStore, exchange: Exchange): Promise<void> {
  const refreshToken = store.refreshToken(id);
  await store.together(() => {
    store.writeAttempt(id);
  });
  const answer = await exchange(refreshToken);
  await store.together(() => {
    store.writeAnswer(id, answer);
  });
}
