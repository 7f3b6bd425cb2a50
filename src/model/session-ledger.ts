import type { ConnectionState } from './connection.ts';
import type { SealedTokens } from './credential-store.ts';
import type { ConnectionId, ProviderAppId } from './ids.ts';

/**
 * The renewal ledger of cookie mode. A session's tokens live in its browser's cookie; the ledger knows which version of
 * them is the latest and which one the browser has shown that it holds, so that a cookie is spent once however many
 * requests bring it. For as long as a renewal needs them, and until the browser has presented what it brought, the
 * tokens are in the session's row of the {@link CredentialStore} too.
 */
export interface SessionLedger {
  read(id: ConnectionId): Promise<LedgerEntry | undefined>;
  /**
   * Puts the tokens of a cookie where a renewal finds them, unless the ledger has them, has later ones, or knows that the
   * session is over. Idempotent.
   */
  enter(entry: SessionEntry): Promise<void>;
  /** A request has brought this version for the first time: what came before is good for a moment more, and then spent. */
  notePresented(id: ConnectionId, version: number): Promise<void>;
  /** A spent cookie came back. `false`: that, or a later one, was noted before. */
  noteReuse(id: ConnectionId, version: number): Promise<boolean>;
  /** Signs the session out: no cookie of it is good any more, and what a renewal under way brings is to be revoked. */
  end(session: SessionFacts): Promise<void>;
  /**
   * Forgets the tokens of sessions whose browser has held the latest version since `presentedBeforeMs`, and everything of
   * sessions that ended before `endedBeforeMs`. What a renewal still needs is left alone.
   */
  forget(limits: {
    readonly presentedBeforeMs: number;
    readonly endedBeforeMs: number;
    readonly limit: number;
  }): Promise<void>;
}

export interface LedgerEntry {
  readonly state: ConnectionState;
  readonly version: number;
  readonly presentedVersion: number;
  readonly presentedAtMs: number;
  readonly previousVersion: number | undefined;
  readonly holdsTokens: boolean;
}

/** One user, signed in at one provider from one browser. */
export interface SessionFacts {
  readonly id: ConnectionId;
  readonly provider: string;
  readonly providerAppId: ProviderAppId;
  readonly subject: string | undefined;
  readonly handle: string | undefined;
  readonly scopes: readonly string[];
  readonly grantedAtMs: number;
  readonly endsAtMs: number;
}

export interface SessionEntry extends SessionFacts {
  readonly version: number;
  readonly tokens: SealedTokens;
}

/** Under which name a session's row stands; no connection that a user names can have it. */
export function sessionName(id: ConnectionId): string {
  return `session:${id}`;
}
