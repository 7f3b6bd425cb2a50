/** What a parameter may be: arrays stand for `any(:names)`. */
export type Value = null | number | bigint | string | NodeJS.ArrayBufferView | readonly string[];
export type Params = Readonly<Record<string, Value>>;

export const DEFAULT_SCHEMA = 'kippu';

/** A statement as PostgreSQL takes it, with the names of its parameters in their order. */
interface Compiled {
  readonly text: string;
  readonly names: readonly string[];
}

/**
 * Turns the statements of this folder into what is sent: `:name` becomes `$1`, and the prefix `kippu.` another schema
 * where one was chosen. Tables are named with their schema everywhere, so that nothing depends on the `search_path` of a
 * connection, which a pooler may hand to somebody else.
 */
export class Statements {
  readonly #prefix: string;
  readonly #compiled = new Map<string, Compiled>();

  constructor(schema: string) {
    this.#prefix = `${quoted(schema)}.`;
  }

  bind(sql: string, params: Params): { readonly text: string; readonly values: readonly unknown[] } {
    const { text, names } = this.#compile(sql);
    return { text, values: names.map((name) => storable(params[name], name)) };
  }

  /** Several statements without parameters: a migration. */
  script(sql: string): string {
    return sql.replaceAll('kippu.', this.#prefix);
  }

  #compile(sql: string): Compiled {
    const known = this.#compiled.get(sql);
    if (known !== undefined) return known;
    const names: string[] = [];
    // Two colons are a cast.
    const text = this.script(sql).replace(/(?<!:):([a-zA-Z]\w*)/g, (_, name: string) => {
      const index = names.indexOf(name);
      return `$${index < 0 ? names.push(name) : index + 1}`;
    });
    const compiled = { text, names };
    this.#compiled.set(sql, compiled);
    return compiled;
  }
}

/** An identifier, whatever is in it. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** PostgreSQL keeps no NUL in a text. A provider's error may hold one, and must not keep an answer from being settled. */
function storable(value: Value | undefined, name: string): unknown {
  if (value === undefined) throw new TypeError(`The parameter ${name} has no value.`);
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}
