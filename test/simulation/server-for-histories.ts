import { PostgresServer } from '../support/postgres-server.ts';

/**
 * A server on which any number of processes run histories. What is on its disk is lost with it. Nothing in it goes by a
 * clock: no vacuum that moves rows, and no search for deadlocks, which the simulation looks for itself.
 */
export function startServerForHistories(): Promise<PostgresServer> {
  return PostgresServer.start({
    flags: [
      ...['autovacuum=off', 'deadlock_timeout=1h', 'checkpoint_timeout=1h', 'max_wal_size=4GB', 'jit=off'],
      ...['synchronous_commit=off', 'full_page_writes=off', 'wal_level=minimal', 'max_wal_senders=0'],
    ],
  });
}
