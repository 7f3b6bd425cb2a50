import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { KippuError } from '../model/errors.ts';
import { isSchema, parseConnectionUrl } from '../store/postgres/connection-url.ts';

/** What a database URL names: a file, and what stands before the names of Kippu's tables in it. */
export interface SqliteFile {
  readonly path: string;
  readonly prefix: string;
}

const EXAMPLES = 'sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE or memory:';

/**
 * Reads `sqlite:PATH`, `sqlite:PATH?prefix=kippu_`, `postgres://…` or `memory:`, and writes a path as an absolute one.
 * Throws `invalid`, saying what is wrong with it.
 */
export function absoluteDatabaseUrl(url: string, directory: string): string {
  if (url === 'memory:') return url;
  if (url.startsWith('sqlite:')) {
    const { path, prefix } = sqliteFile(url);
    return `sqlite:${resolve(directory, path.replace(/^\/\/(?=\/)/, ''))}${prefix === '' ? '' : `?prefix=${prefix}`}`;
  }
  if (!isPostgres(url)) throw invalidUrl(`"${url.split(':')[0]}" is no kind of database that Kippu knows`);
  parseConnectionUrl(url);
  return url;
}

export function isPostgres(databaseUrl: string): boolean {
  return /^postgres(ql)?:\/\//.test(databaseUrl);
}

/** Of a `sqlite:` URL. Throws `invalid` for anything behind the question mark but a prefix. */
export function sqliteFile(databaseUrl: string): SqliteFile {
  const text = databaseUrl.slice('sqlite:'.length);
  const at = text.indexOf('?');
  if (at === -1) return { path: text, prefix: '' };
  const params = new URLSearchParams(text.slice(at + 1));
  const others = [...params.keys()].filter((name) => name !== 'prefix');
  if (others.length > 0) throw invalidUrl(`"${others[0]}" is nothing that a database URL can say; ?prefix= is`);
  return { path: text.slice(0, at), prefix: params.get('prefix') ?? '' };
}

/** Whether there may be something in it: a server has to be asked, a file is there or not. */
export function mayHoldData(databaseUrl: string): boolean {
  if (isPostgres(databaseUrl)) return true;
  return databaseUrl.startsWith('sqlite:') && existsSync(sqliteFile(databaseUrl).path);
}

/**
 * As it may be shown: where it is, with the schema that makes it another store, and not with which password. One that is
 * not well-formed hides more, not less.
 */
export function shownDatabase(databaseUrl: string): string {
  if (!isPostgres(databaseUrl)) return databaseUrl;
  const [place = '', parameters] = databaseUrl.replace(/:\/\/.*@/s, '://').split(/\?(.*)$/s);
  const schema = new URLSearchParams(parameters).get('schema');
  return schema !== null && isSchema(schema) ? `${place}?schema=${schema}` : place;
}

function invalidUrl(problem: string): KippuError {
  return new KippuError('invalid', `KIPPU_DATABASE_URL: ${problem}. Give ${EXAMPLES}.`, {
    where: 'KIPPU_DATABASE_URL',
  });
}
