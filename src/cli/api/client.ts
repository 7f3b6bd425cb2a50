import { errorOf } from './problem.ts';
import type { ApiAnswer, Transport } from './transport.ts';

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is; for JSON use the `body` of {@link ApiClient.call}. */
  readonly bytes?: Uint8Array | undefined;
}

/** A cursor page, as the API has it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/** As many as the API gives at once. */
const PAGE_ITEMS = '200';
/** More would be a defect of the server: a cursor that never ends. */
const PAGES_MAX = 100_000;

/** Calls the HTTP API. What it answers with as a problem document is thrown as the `KippuError` that it was. */
export class ApiClient {
  readonly #transport: Transport;
  readonly #signal: AbortSignal;

  constructor(transport: Transport, signal: AbortSignal) {
    this.#transport = transport;
    this.#signal = signal;
  }

  get<T>(path: string): Promise<T> {
    return this.call('GET', path);
  }

  post<T>(path: string, body?: unknown, options?: CallOptions): Promise<T> {
    return this.call('POST', path, body, options);
  }

  delete<T>(path: string): Promise<T> {
    return this.call('DELETE', path);
  }

  /** The answer's JSON; its form is the API's promise, which the server's own tests hold it to. */
  async call<T>(method: string, path: string, body?: unknown, { headers = {} }: CallOptions = {}): Promise<T> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const answer = await this.raw(method, path, { headers: { ...json, ...headers }, bytes });
    if (answer.status >= 400) throw errorOf(answer);
    return (answer.body.length === 0 ? undefined : JSON.parse(Buffer.from(answer.body).toString('utf8'))) as T;
  }

  /** The answer as it is, whatever its status. */
  raw(method: string, path: string, { headers = {}, bytes }: CallOptions = {}): Promise<ApiAnswer> {
    return this.#transport.send({ method, path, headers, body: bytes }, this.#signal);
  }

  /** Everything that a list has, page after page. */
  async all<T>(path: string, query: Readonly<Record<string, string | undefined>>): Promise<Page<T>> {
    const items: T[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const given = Object.entries({ ...query, limit: PAGE_ITEMS, cursor }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const { items: more, next_cursor: next } = await this.get<Page<T>>(
        `${path}?${new URLSearchParams(given).toString()}`,
      );
      items.push(...more);
      if (next === null || next === undefined) break;
      cursor = next;
    }
    return { items, next_cursor: null };
  }
}

/** The path of a connection by id or name. */
export function connectionPath(idOrName: string, rest = ''): string {
  return `/v1/connections/${encodeURIComponent(idOrName)}${rest}`;
}
