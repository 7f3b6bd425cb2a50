import { KippuError } from '../model/errors.ts';
import type { HomeStore, SealedRow, SealedRowKey, SealedValue } from '../model/home-store.ts';
import type { Secret } from '../model/secret.ts';
import type { SealBinding, Vault } from '../model/vault.ts';
import { FINGERPRINT_KEY_ROW, KEY_CHECK_ROW } from './key-check.ts';

/** Every sealed value of the store, page by page, except the store's own keys. */
export async function* sealedPages(home: HomeStore, pageSize: number): AsyncGenerator<readonly SealedRow[]> {
  let after: SealedRowKey | undefined;
  for (;;) {
    const page = await home.sealedRows(after, pageSize);
    if (page.length === 0) return;
    yield page.filter((row) => row.table !== 'home');
    after = page.at(-1);
  }
}

/** The store's own keys; the key check is the last of them. */
export async function ownRows(store: HomeStore): Promise<readonly SealedRow[]> {
  const home = await store.read();
  if (home === undefined) return [];
  return [ownRow(FINGERPRINT_KEY_ROW, home.fingerprintKey), ownRow(KEY_CHECK_ROW, home.keyCheck)];
}

function ownRow(rowId: string, value: SealedValue): SealedRow {
  return { table: 'home', rowId, bindingTable: 'home', bindingRowId: rowId, providerAppId: '', owner: '', ...value };
}

export type RowReading =
  | { readonly kind: 'open'; readonly keyId: string; readonly plaintext: Secret }
  /** Without a key id: the bytes are no envelope at all. */
  | { readonly kind: 'unreadable'; readonly keyId: string | undefined; readonly message: string };

export function readRow(row: SealedRow, vault: Vault): RowReading {
  let keyId: string | undefined;
  try {
    keyId = vault.keyIdOf(row.sealed);
    return { kind: 'open', keyId, plaintext: vault.open(bindingOf(row, row.generation), row.sealed) };
  } catch (error) {
    if (error instanceof KippuError && error.code === 'unreadable')
      return { kind: 'unreadable', keyId, message: error.message };
    throw error;
  }
}

export function bindingOf(row: SealedRow, generation: string): SealBinding {
  return {
    table: row.bindingTable,
    rowId: row.bindingRowId,
    providerAppId: row.providerAppId,
    owner: row.owner,
    generation,
  };
}
