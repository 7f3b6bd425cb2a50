import * as z from 'zod';
import type { DeviceSession } from '../../app/device-sessions.ts';
import { CONSENT_FAILURES, CONSENT_STATES } from '../../model/consent-store.ts';
import { described, instant, instantOf } from '../schema.ts';
import { connectRequest } from './connect-session.ts';

export const deviceRequest = connectRequest.omit({ return_url: true, explain: true });

export const deviceSessionSchema = described(
  z.strictObject({
    id: z.string(),
    state: described(
      z.enum(CONSENT_STATES),
      '`waiting`: the user has not decided. `attached` and `failed` are its ends.',
    ),
    failure: z.enum(CONSENT_FAILURES).nullable(),
    detail: z.string().nullable(),
    user_code: described(
      z.string().nullable(),
      'Show it to the user, who types it at `verification_uri`; `null` once it is decided.',
    ),
    verification_uri: z.string().nullable(),
    verification_uri_complete: described(
      z.string().nullable(),
      'The same with the code in it, where the provider has that.',
    ),
    interval: described(
      z.number().nullable(),
      'Seconds between two questions to the provider. Asking here more often does no harm.',
    ),
    expires_at: instant,
    connection: described(z.string().nullable(), 'The id of what was connected.'),
  }),
  { id: 'DeviceSession' },
);

export function deviceSessionJson(session: DeviceSession): z.input<typeof deviceSessionSchema> {
  const { id, state, failure, detail, connection, code, expiresAtMs } = session;
  return {
    id,
    state,
    failure: failure ?? null,
    detail: detail ?? null,
    user_code: code?.userCode ?? null,
    verification_uri: code?.verificationUri ?? null,
    verification_uri_complete: code?.verificationUriComplete ?? null,
    interval: code === undefined ? null : code.intervalMs / 1000,
    expires_at: instantOf(expiresAtMs),
    connection: connection ?? null,
  };
}
