import { existsSync } from 'node:fs';
import { parseConnectionUrl } from '../store/postgres/connection-url.ts';

const SQLITE = 'sqlite:';

export function isPostgres(databaseUrl: string): boolean {
  return /^postgres(ql)?:\/\//.test(databaseUrl);
}

/** The file of an SQLite database. Absent: it has none. */
export function databaseFile(databaseUrl: string): string | undefined {
  return databaseUrl.startsWith(SQLITE) ? databaseUrl.slice(SQLITE.length) : undefined;
}

/** Whether there may be something in it: a server has to be asked, a file is there or not. */
export function mayHoldData(databaseUrl: string): boolean {
  const file = databaseFile(databaseUrl);
  return isPostgres(databaseUrl) || (file !== undefined && existsSync(file));
}

/** As it may be shown: where it is, and not with which password. One that is not well-formed hides more, not less. */
export function shownDatabase(databaseUrl: string): string {
  return isPostgres(databaseUrl) ? databaseUrl.replace(/:\/\/.*@/s, '://').replace(/\?.*$/s, '') : databaseUrl;
}

/** Throws `invalid`, saying what is wrong with it. */
export function checkPostgresUrl(databaseUrl: string): string {
  parseConnectionUrl(databaseUrl);
  return databaseUrl;
}
