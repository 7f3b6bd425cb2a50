import * as z from 'zod';
import {
  CONNECTION_STATES,
  FOUNDATIONS,
  isRenewable,
  REAUTH_REASONS,
  RENEWAL_POLICIES,
  type Connection,
} from '../../model/connection.ts';
import { described, instant, instantOf, instantOrNull } from '../schema.ts';

/** A connection as the API shows it: never a token. */
export const connectionSchema = described(
  z.strictObject({
    id: z.string(),
    name: described(z.string(), 'Unique; stands wherever the id may.'),
    provider: z.string(),
    rests_on: described(
      z.enum(FOUNDATIONS),
      "What it rests on: a user's consent, the app itself (client credentials), or a static API key.",
    ),
    owner: described(z.string(), "Whose it is in the application that uses Kippu; empty for the operator's own."),
    subject: described(z.string().nullable(), "The provider's unchanging id of the user."),
    handle: z.string().nullable(),
    state: z.enum(CONNECTION_STATES),
    state_reason: described(z.enum(REAUTH_REASONS).nullable(), 'Why the user must consent again.'),
    scopes: z.array(z.string()),
    policy: described(z.enum(RENEWAL_POLICIES), 'When it is renewed: when it is used, or always ahead of its end.'),
    access_expires_at: instant.nullable(),
    refresh_expires_at: instant.nullable(),
    renewable: described(z.boolean(), 'Whether it outlives its access token by itself.'),
    granted_at: instant,
    last_renewed_at: instant.nullable(),
    renewals: z.number().int(),
    next_due_at: described(instant.nullable(), 'When Kippu looks at it next by itself.'),
    metadata: z.record(z.string(), z.unknown()),
  }),
  { id: 'Connection' },
);

export function connectionJson(connection: Connection): z.input<typeof connectionSchema> {
  return {
    id: connection.id,
    name: connection.name,
    provider: connection.provider,
    rests_on: connection.restsOn,
    owner: connection.owner,
    subject: connection.subject ?? null,
    handle: connection.handle ?? null,
    state: connection.state,
    state_reason: connection.stateReason ?? null,
    scopes: [...connection.scopes],
    policy: connection.policy,
    access_expires_at: instantOrNull(connection.accessExpiresAtMs),
    refresh_expires_at: instantOrNull(connection.refreshExpiresAtMs),
    renewable: isRenewable(connection),
    granted_at: instantOf(connection.grantedAtMs),
    last_renewed_at: instantOrNull(connection.lastRenewedAtMs),
    renewals: connection.renewals,
    next_due_at: instantOrNull(connection.nextDueAtMs),
    metadata: { ...connection.metadata },
  };
}
