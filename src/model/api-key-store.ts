import type { ApiKeyId, ConnectionId } from './ids.ts';

export const API_SCOPES = [
  'connections:read',
  'connections:write',
  'tokens:read',
  'posts:read',
  'posts:write',
  'admin',
] as const;
export type ApiScope = (typeof API_SCOPES)[number];

export interface ApiKey {
  readonly id: ApiKeyId;
  readonly name: string;
  readonly scopes: readonly ApiScope[];
  /** Absent: every connection. */
  readonly connections: readonly ConnectionId[] | undefined;
  /** SHA-256 of the key; the key itself is shown once and never kept. */
  readonly hash: string;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | undefined;
}

export interface ApiKeyStore {
  create(key: ApiKey): Promise<void>;
  findByHash(hash: string): Promise<ApiKey | undefined>;
  list(): Promise<readonly ApiKey[]>;
  revoke(id: ApiKeyId): Promise<boolean>;
}

/** A signed-in browser of the console; also the one-time links that open one. */
export interface SessionStore {
  create(session: {
    readonly hash: string;
    readonly kind: 'link' | 'browser';
    readonly expiresAtMs: number;
  }): Promise<void>;
  /** `true` once for a link: it is used up. */
  redeemLink(hash: string): Promise<boolean>;
  isOpen(hash: string): Promise<boolean>;
  end(hash: string): Promise<void>;
}
