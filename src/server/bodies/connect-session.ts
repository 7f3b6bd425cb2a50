import * as z from 'zod';
import { CONSENT_FAILURES, CONSENT_STATES } from '../../model/consent-store.ts';
import type { ConnectProgress } from '../../app/connect-progress.ts';
import type { ConnectSession } from '../../app/connecting.ts';
import { described, instant, instantOf } from '../schema.ts';

export const connectRequest = z.strictObject({
  provider: z.string().min(1),
  owner: described(z.string().max(200).optional(), 'Whose it will be in your application.'),
  scopes: described(z.array(z.string().min(1)).optional(), 'Scopes, or names of presets of `/v1/providers`.'),
  offline: described(
    z.boolean().optional(),
    '`false`: ask for no refresh token; the connection ends with its access token.',
  ),
  name: z.string().optional(),
  return_url: described(
    z.string().optional(),
    'Where the browser goes afterwards, with `kippu_session` and a one-time `kippu_code`.',
  ),
  connection: described(z.string().optional(), 'Id or name: consent again for this one.'),
  explain: described(
    z.boolean().optional(),
    'Keep the steps of the flow, masked and in memory only, for `/v1/connect-sessions/{id}/steps`.',
  ),
});

export const connectSessionSchema = described(
  z.strictObject({
    id: z.string(),
    url: described(z.string(), 'Send the user there. It works once, in one browser.'),
    expires_at: instant,
  }),
  { id: 'ConnectSession' },
);

export function connectSessionJson({ id, url, expiresAtMs }: ConnectSession): z.input<typeof connectSessionSchema> {
  return { id, url, expires_at: instantOf(expiresAtMs) };
}

export const connectProgressSchema = described(
  z.strictObject({
    id: z.string(),
    state: z.enum(CONSENT_STATES),
    failure: z.enum(CONSENT_FAILURES).nullable(),
    detail: z.string().nullable(),
    connection: described(z.string().nullable(), 'The id of what was connected.'),
  }),
  { id: 'ConnectProgress' },
);

export function connectProgressJson({
  id,
  state,
  failure,
  detail,
  connection,
}: ConnectProgress): z.input<typeof connectProgressSchema> {
  return { id, state, failure: failure ?? null, detail: detail ?? null, connection: connection ?? null };
}
