import type { ConnectionId, ConsentId, NodeId, OrphanId, ProviderAppId } from './ids.ts';

/** What the store knows about itself. */
export interface HomeStore {
  read(): Promise<Home | undefined>;
  /** Writes the first home of an empty store. `false`: it has one already. */
  found(home: Home): Promise<boolean>;
  /** This place is the real one from now on; `restoredAtMs` makes every single-use grant `uncertain`. */
  adopt(identity: string, restored: boolean): Promise<void>;
  /** Where the store physically is: file device and inode. `undefined` for a store in memory. */
  identity(): string | undefined;
  /** Writes a consistent copy, stamped as one. */
  backup(file: string): Promise<void>;
  setKeyCheck(check: SealedValue): Promise<void>;
  setFingerprintKey(key: SealedValue): Promise<void>;
  /** Sealed values after a cursor, over all tables, for `kippu vault rotate`. */
  sealedRows(after: SealedRowKey | undefined, limit: number): Promise<readonly SealedRow[]>;
  /** Writes a value sealed anew if it is still the generation that was read. */
  reseal(row: SealedRow, sealed: SealedValue): Promise<boolean>;
  /** This node's spool held nothing that waits, at this time. */
  reportSpoolEmpty(node: NodeId, atMs: number): Promise<void>;
  spoolEmptyAtMs(node: NodeId): Promise<number | undefined>;
  /** Registers the configured apps; a changed secret lifts a hold that a wrong one caused. */
  registerApps(apps: readonly RegisteredApp[]): Promise<void>;
  apps(): Promise<readonly AppStatus[]>;
  /** An operator has looked: renewals of this app go on. */
  releaseApp(id: ProviderAppId): Promise<void>;
}

export interface SealedValue {
  readonly sealed: Uint8Array;
  readonly generation: string;
}

export interface Home {
  readonly storeId: string;
  readonly identity: string | undefined;
  /** Set in a copy that `kippu backup` made. */
  readonly stamp: string | undefined;
  readonly keyCheck: SealedValue;
  readonly fingerprintKey: SealedValue;
}

export interface SealedRowKey {
  readonly table: 'credentials' | 'orphans' | 'consents' | 'home' | 'webhooks';
  readonly rowId: ConnectionId | OrphanId | ConsentId | string;
}

/** A sealed value with all that its binding needs. */
export interface SealedRow extends SealedRowKey, SealedValue {
  readonly bindingTable: 'credentials' | 'consents' | 'home' | 'webhooks';
  readonly bindingRowId: string;
  readonly providerAppId: ProviderAppId | '';
  readonly owner: string;
}

export interface RegisteredApp {
  readonly id: ProviderAppId;
  readonly provider: string;
  readonly issuer: string;
  readonly clientId: string;
  /** A hash that changes with the client secret. */
  readonly secretHash: string;
}

export interface AppStatus extends RegisteredApp {
  readonly connections: number;
  readonly misconfiguredSinceMs: number | undefined;
  readonly error: string | undefined;
  readonly holdUntilMs: number | undefined;
  readonly heldForOperator: boolean;
}
