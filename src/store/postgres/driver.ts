import type { Pool, PoolConfig } from 'pg';
import { installedPart } from '../../model/installed-part.ts';
import type { Row } from './column-types.ts';

/**
 * As much of a connection of the package `pg` as Kippu uses. A `PoolClient` of `pg` is one. The types of `pg` are a package
 * of their own, which a project that only reads a store's types need not have.
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

/** As much of a pool of the package `pg` as Kippu uses: `new pg.Pool({…})` is one. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  on(event: 'error', listener: (error: Error) => void): unknown;
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
  readonly rows: Row[];
}

/** A pool that is ours to close. */
export interface OwnPool extends PostgresPool {
  end(): Promise<void>;
}

/** Loaded when a store is opened: whoever has none does without the package. Throws `not_installed`. */
export function newPool(config: PoolConfig): OwnPool {
  const driver = installedPart('pg', 'PostgreSQL') as { readonly Pool: new (config: PoolConfig) => Pool };
  return new driver.Pool(config);
}
