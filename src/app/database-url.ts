import { resolve } from 'node:path';
import { KippuError } from '../model/errors.ts';

/** What a database URL names: a file, and what stands before the names of Kippu's tables in it. */
export interface SqliteFile {
  readonly path: string;
  readonly prefix: string;
}

const EXAMPLES = 'sqlite:PATH or memory:';

/**
 * Reads `sqlite:PATH`, `sqlite:PATH?prefix=kippu_` or `memory:` and writes it with an absolute path. Throws `invalid`.
 */
export function absoluteDatabaseUrl(url: string, directory: string): string {
  if (url === 'memory:') return url;
  if (url.startsWith('sqlite:')) {
    const { path, prefix } = sqliteFile(url);
    return `sqlite:${resolve(directory, path.replace(/^\/\/(?=\/)/, ''))}${prefix === '' ? '' : `?prefix=${prefix}`}`;
  }
  if (/^postgres(ql)?:\/\//.test(url)) throw invalidUrl('PostgreSQL is not supported by this version');
  throw invalidUrl(`"${url.split(':')[0]}" is no kind of database that Kippu knows`);
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

function invalidUrl(problem: string): KippuError {
  return new KippuError('invalid', `KIPPU_DATABASE_URL: ${problem}. Give ${EXAMPLES}.`, {
    where: 'KIPPU_DATABASE_URL',
  });
}
