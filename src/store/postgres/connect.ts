import { readFileSync } from 'node:fs';
import type { Pool, PoolConfig } from 'pg';
import { KippuError } from '../../model/errors.ts';
import { installedPart } from '../../model/installed-part.ts';
import type { ConnectionUrl, Host } from './connection-url.ts';
import type { PostgresPool } from './driver.ts';
import { Servers } from './servers.ts';

/** Dead peers are noticed, and a name that a fail-over has moved is looked up again. */
const IDLE_CLOSED_AFTER_MS = 30_000;

/** Opens nothing yet: the first connection is made when it is needed. Throws `not_installed` without the package `pg`. */
export function serversOf(url: ConnectionUrl): Servers {
  const servers = url.hosts.map((host) => {
    const pool = newPool(poolOf(url, host));
    const close = (): Promise<void> => pool.end();
    return { name: host.host.startsWith('/') ? host.host : `${host.host}:${host.port}`, pool, close };
  });
  return new Servers(servers);
}

/** A pool that somebody else has, and closes himself. */
export function serversOfPool(pool: PostgresPool): Servers {
  return new Servers([{ name: 'the given pool', pool }]);
}

function poolOf(url: ConnectionUrl, { host, port, isEncrypted }: Host): PoolConfig {
  const { authority, own, key } = url.certificates;
  return {
    host,
    port,
    database: url.database,
    ...(url.user === undefined ? {} : { user: url.user }),
    ...(url.password === undefined ? {} : { password: url.password }),
    ...(url.serverOptions === undefined ? {} : { options: url.serverOptions }),
    ssl: isEncrypted && {
      rejectUnauthorized: true,
      host,
      ...(authority === undefined ? {} : { ca: readPem(authority, 'sslrootcert') }),
      ...(own === undefined ? {} : { cert: readPem(own, 'sslcert') }),
      ...(key === undefined ? {} : { key: readPem(key, 'sslkey') }),
    },
    ...(url.bindsChannel ? { enableChannelBinding: true } : {}),
    application_name: url.applicationName,
    // One of them listens.
    max: url.connectionsMax + (url.listens ? 1 : 0),
    connectionTimeoutMillis: url.connectTimeoutMs,
    idleTimeoutMillis: IDLE_CLOSED_AFTER_MS,
    keepAlive: true,
  };
}

function readPem(path: string, parameter: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new KippuError('invalid', `${parameter}=${path} cannot be read. Check that the file is there and readable.`, {
      cause: error,
      where: 'KIPPU_DATABASE_URL',
    });
  }
}

/** Loaded when a store is opened: whoever has none does without the package. Throws `not_installed`. */
function newPool(config: PoolConfig): Pool {
  const driver = installedPart('pg', 'PostgreSQL') as { readonly Pool: new (config: PoolConfig) => Pool };
  return new driver.Pool(config);
}
