import { KippuError } from '../../model/errors.ts';
import { migrationSteps } from './migration-files.ts';

/** What Kippu's tables and indexes are called in this file. */
export interface TableNames {
  /** Stands before each name; empty where the file is Kippu's own. */
  readonly prefix: string;
  /** The same statements with the names that this file has for them. */
  rename(sql: string): string;
}

/** For a file of Kippu's own: the names are as they are written. */
export const OWN_FILE: TableNames = { prefix: '', rename: (sql) => sql };

const PREFIX_CHARS_MAX = 32;

/**
 * The names in a file that Kippu shares with an application: each of them with the prefix before it.
 *
 * Throws `invalid` for a prefix that could not stand in a name without quotes.
 */
export function namesWith(prefix: string): TableNames {
  if (prefix === '') return OWN_FILE;
  if (!/^[a-z][a-z0-9_]*$/.test(prefix) || prefix.length > PREFIX_CHARS_MAX || prefix.startsWith('sqlite_')) {
    throw new KippuError(
      'invalid',
      `"${prefix}" cannot stand before the names of tables. Use up to ${PREFIX_CHARS_MAX} lower-case letters, digits and _, ` +
        'beginning with a letter and not with sqlite_, as in kippu_.',
      { where: 'prefix' },
    );
  }
  const known = knownNames();
  return { prefix, rename: (sql) => renameTables(sql, prefix, known) };
}

/** Every table, index, trigger and view that the migrations make. */
export function knownNames(): ReadonlySet<string> {
  const names = new Set(['migrations']);
  for (const { sql } of migrationSteps()) {
    for (const [, name = ''] of sql.matchAll(
      /^create (?:unique )?(?:table|index|trigger|view) (?:if not exists )?(\w+)/gm,
    ))
      names.add(name);
  }
  return names;
}

/** Comments, texts, quoted names, parameters, words, and anything else as single characters. */
const TOKENS = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|[:@$]\w+|\w+|\s+|[\s\S]/g;
/** After these words stands a table or an index, and never a column. */
const BEFORE_A_NAME: ReadonlySet<string> = new Set([
  'from',
  'join',
  'into',
  'update',
  'table',
  'index',
  'trigger',
  'view',
  'exists',
  'references',
  'to',
]);

/**
 * Kippu's names are told from columns of the same name (`connections` is both) by where they stand: after one of a few
 * words, or before a full stop. A name in another place stays as it is, and the statement then fails where it is prepared.
 */
function renameTables(sql: string, prefix: string, known: ReadonlySet<string>): string {
  const tokens = sql.match(TOKENS) ?? [];
  let before = '';
  let statement = '';
  return tokens
    .map((token, index) => {
      if (isBlank(token)) return token;
      const isHere =
        BEFORE_A_NAME.has(before) ||
        (before === 'on' && statement === 'create') ||
        (before !== '.' && tokens[index + 1] === '.');
      const word = token.toLowerCase();
      if (statement === '' || before === ';') statement = word;
      before = word;
      return isHere && known.has(token) ? prefix + token : token;
    })
    .join('');
}

function isBlank(token: string): boolean {
  return token.startsWith('--') || token.startsWith('/*') || token.trim() === '';
}
