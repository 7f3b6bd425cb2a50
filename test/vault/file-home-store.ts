import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Home, HomeStore, SealedRow, SealedValue } from '../../src/model/home-store.ts';

type Content = { rows: SealedRow[]; home: Home };

/** The part of a home store that re-sealing needs, in one file that is replaced as a whole by every write. */
export class FileHomeStore {
  readonly #file: string;
  /** Called before and after each write: to interrupt it, or to write something else meanwhile. */
  readonly #around: (moment: 'before' | 'after', row: SealedRow) => void;

  constructor(file: string, around: (moment: 'before' | 'after', row: SealedRow) => void = () => {}) {
    this.#file = file;
    this.#around = around;
  }

  get port(): HomeStore {
    const part: Pick<HomeStore, 'read' | 'sealedRows' | 'reseal'> = {
      read: async () => this.content().home,
      sealedRows: async (after, limit) => {
        const cursor = after === undefined ? '' : orderOf(after);
        return this.#allRows()
          .filter((row) => orderOf(row) > cursor)
          .slice(0, limit);
      },
      reseal: async (row, value) => {
        this.#around('before', row);
        const current = this.#allRows().find((other) => orderOf(other) === orderOf(row));
        if (current?.generation !== row.generation) return false;
        this.put({ ...row, ...value });
        this.#around('after', row);
        return true;
      },
    };
    return part as HomeStore;
  }

  put(row: SealedRow): void {
    const { rows, home } = existsSync(this.#file) ? this.content() : { rows: [], home: undefined };
    const value: SealedValue = { sealed: row.sealed, generation: row.generation };
    if (row.table !== 'home')
      this.#write({ rows: [...rows.filter((other) => orderOf(other) !== orderOf(row)), row], home: home as Home });
    else
      this.#write({
        rows,
        home: { ...(home as Home), ...(row.rowId === 'key_check' ? { keyCheck: value } : { fingerprintKey: value }) },
      });
  }

  found(home: Pick<Home, 'keyCheck' | 'fingerprintKey'>): void {
    this.#write({ rows: [], home: { storeId: 's', identity: undefined, stamp: undefined, ...home } });
  }

  content(): Content {
    return JSON.parse(readFileSync(this.#file, 'utf8'), (name, value: unknown) =>
      name === 'sealed' ? Buffer.from(String(value), 'base64') : value,
    ) as Content;
  }

  #allRows(): SealedRow[] {
    const { rows, home } = this.content();
    const own = (rowId: string, value: SealedValue): SealedRow => ({
      ...{ table: 'home', rowId, bindingTable: 'home', bindingRowId: rowId, providerAppId: '', owner: '', ...value },
    });
    const all = [...rows, own('key_check', home.keyCheck), own('fingerprint_key', home.fingerprintKey)];
    return all.sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
  }

  #write(content: Content): void {
    const text = JSON.stringify(content, function (this: Record<string, unknown>, name, value: unknown) {
      return name === 'sealed' ? Buffer.from(this[name] as Uint8Array).toString('base64') : value;
    });
    writeFileSync(`${this.#file}.new`, text);
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function orderOf({ table, rowId }: Pick<SealedRow, 'table' | 'rowId'>): string {
  return `${table} ${rowId}`;
}
