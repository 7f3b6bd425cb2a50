import type { Connection, ConnectionState, RenewalPolicy } from './connection.ts';
import type { Claim, SealedTokens } from './credential-store.ts';
import type { ConnectionId, ConsentId, Fingerprint, ProviderAppId } from './ids.ts';

export interface ConnectionStore {
  /** By id, or by name. */
  find(idOrName: string): Promise<Connection | undefined>;
  list(query: ConnectionQuery): Promise<ConnectionPage>;
  /** Only the columns named are written. `name_taken`: nothing was changed. */
  update(id: ConnectionId, changes: ConnectionChanges): Promise<'updated' | 'not_found' | 'name_taken'>;
  /** Moves a connection to another owner, with its tokens sealed anew for that owner; only while nothing is in flight. */
  changeOwner(change: OwnerChange): Promise<boolean>;
  /**
   * Makes or refreshes a connection from a token set whose subject is known. One transaction: the earlier grant of the
   * same subject and app is superseded, the fresh consent raises version and fence, so that a renewal of the old grant
   * that is still in flight can no longer overwrite it.
   */
  attach(attachment: Attachment): Promise<Attached>;
  /** The subject of an import that did not say it, once it is known. */
  identify(id: ConnectionId, identity: { readonly subject: string; readonly handle: string }): Promise<void>;
  /**
   * Ends a claim of purpose `revocation`: the connection is `revoked` here, its tokens are forgotten. `false`: somebody else
   * has the lease; or a late answer has brought other tokens meanwhile, and the lease is let go of, so that these can be
   * revoked too.
   */
  settleRevoked(claim: Claim, note: { readonly atProvider: boolean }): Promise<boolean>;
  countByState(): Promise<Readonly<Record<ConnectionState, number>>>;
}

export interface ConnectionQuery {
  readonly provider?: string;
  readonly providerAppId?: ProviderAppId;
  readonly owner?: string;
  /** The provider's id of the user. */
  readonly subject?: string;
  readonly state?: ConnectionState;
  /** Only those whose access token has no end and that have no refresh token. */
  readonly neverExpires?: boolean;
  readonly limit: number;
  readonly cursor?: string;
}

export interface ConnectionPage {
  readonly items: readonly Connection[];
  readonly nextCursor: string | undefined;
}

export interface ConnectionChanges {
  readonly name?: string;
  readonly policy?: RenewalPolicy;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly dueAtMs?: number;
}

export interface OwnerChange {
  readonly id: ConnectionId;
  readonly version: number;
  readonly owner: string;
  readonly sealed: Uint8Array;
  readonly generation: string;
}

export interface Attachment extends SealedTokens {
  /** The connection it was sealed for: a new id, or the one that is consented to again. */
  readonly connectionId: ConnectionId;
  /** Absent: a new connection. Present: consent again, at the version seen. */
  readonly existingVersion: number | undefined;
  readonly name: string;
  readonly provider: string;
  readonly providerAppId: ProviderAppId;
  readonly owner: string;
  readonly subject: string | undefined;
  readonly handle: string | undefined;
  readonly policy: RenewalPolicy;
  readonly grantedScopes: readonly string[];
  readonly grantedAtMs: number;
  readonly jitter: number;
  /** The consent that this settles, if any. */
  readonly consentId: ConsentId | undefined;
  /** The provider keeps one grant per subject and app: another connection of this subject is now dead. */
  readonly supersedes: boolean;
  readonly imported: boolean;
}

export type Attached =
  | { readonly kind: 'attached'; readonly connection: Connection }
  /** Somebody moved the connection meanwhile (a renewal settled): seal for the version that is there and try again. */
  | { readonly kind: 'moved' }
  /** The subject has a connection already, by another id: seal for that one. */
  | { readonly kind: 'subject_known'; readonly connectionId: ConnectionId }
  | { readonly kind: 'name_taken' }
  /** This refresh token is here already, or was spent here. */
  | {
      readonly kind: 'token_known';
      readonly connectionId: ConnectionId;
      readonly spent: boolean;
      readonly fingerprint: Fingerprint;
    };
