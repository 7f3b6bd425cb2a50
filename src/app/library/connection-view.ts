import { isRenewable, type Connection as StoredConnection } from '../../model/connection.ts';
import type { ConnectionState, Foundation, ReauthReason, RenewalPolicy } from '../../model/connection.ts';

/** A connection, as the application sees it: the fields of `GET /v1/connections`, and never a token. */
export interface Connection {
  readonly id: string;
  /** Unique; stands wherever the id may, as in `x:alice`. */
  readonly name: string;
  readonly provider: string;
  /** A user's consent, the app itself (client credentials), or a static API key. */
  readonly restsOn: Foundation;
  /** Whose it is in your application, as you said when it began; empty for your own. */
  readonly owner: string;
  /** The provider's own, unchanging id of the user. */
  readonly subject: string | undefined;
  readonly handle: string | undefined;
  readonly state: ConnectionState;
  /** Why the user must consent again. */
  readonly stateReason: ReauthReason | undefined;
  readonly scopes: readonly string[];
  readonly policy: RenewalPolicy;
  /** This instant and the others: milliseconds since the epoch. */
  readonly accessExpiresAt: number | undefined;
  readonly refreshExpiresAt: number | undefined;
  /** Whether it outlives its access token by itself. */
  readonly renewable: boolean;
  readonly grantedAt: number;
  readonly lastRenewedAt: number | undefined;
  readonly renewals: number;
  /** When Kippu looks at it next by itself. */
  readonly nextDueAt: number | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Copies what may be seen: a field that is added to the model is not thereby shown. */
export function connectionView(connection: StoredConnection): Connection {
  return {
    id: connection.id,
    name: connection.name,
    provider: connection.provider,
    restsOn: connection.restsOn,
    owner: connection.owner,
    subject: connection.subject,
    handle: connection.handle,
    state: connection.state,
    stateReason: connection.stateReason,
    scopes: connection.scopes,
    policy: connection.policy,
    accessExpiresAt: connection.accessExpiresAtMs,
    refreshExpiresAt: connection.refreshExpiresAtMs,
    renewable: isRenewable(connection),
    grantedAt: connection.grantedAtMs,
    lastRenewedAt: connection.lastRenewedAtMs,
    renewals: connection.renewals,
    nextDueAt: connection.nextDueAtMs,
    metadata: connection.metadata,
  };
}
