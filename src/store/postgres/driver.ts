import type { Row } from '../rows/columns.ts';

/** One row of an answer, by its columns. */
export type PostgresRow = Row;

/**
 * As much of a connection of the package `pg` as Kippu uses. A `PoolClient` of `pg` is one. The types of `pg` are a package
 * of their own, which a project that only reads a store's types need not have.
 *
 * @example
 * ```ts
 * import type { PostgresClient } from 'kippu/postgres';
 * export const nowOf = async (client: PostgresClient) => (await client.query({ text: 'select now()' })).rows[0];
 * ```
 */
export interface PostgresClient {
  query(statement: PostgresStatement): Promise<PostgresResult>;
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  off(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'end', listener: () => void): unknown;
  /** `true`: it is closed, and not lent again. */
  release(isBroken?: boolean): void;
}

/**
 * As much of a pool of the package `pg` as Kippu uses: `new pg.Pool({…})` is one.
 *
 * @example
 * ```ts
 * import { postgres, type PostgresPool } from 'kippu/postgres';
 * export const storeIn = (pool: PostgresPool) => postgres({ pool });
 * ```
 */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** How many connections it has at most. Unknown, where it does not say. */
  readonly options?: { readonly max?: number | undefined };
}

/** One statement, as `pg` takes it. */
export interface PostgresStatement {
  readonly text: string;
  readonly values?: unknown[];
  readonly types?: { getTypeParser(type: number): (text: string) => number | string | Uint8Array };
  /** Milliseconds. */
  readonly query_timeout?: number;
}

/** What a statement gave, as `pg` tells it. */
export interface PostgresResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: PostgresRow[];
}
