import * as z from 'zod';
import { API_SCOPES, type ApiKey } from '../../model/api-key-store.ts';
import { described, instant, instantOf, instantOrNull } from '../schema.ts';

export const apiKeySchema = described(
  z.strictObject({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(API_SCOPES)),
    connections: described(z.array(z.string()).nullable(), 'The ids that it is bound to; `null`: it is not.'),
    created_at: instant,
    revoked_at: instant.nullable(),
  }),
  { id: 'ApiKey' },
);

export const newApiKeySchema = described(apiKeySchema.extend({ key: described(z.string(), 'Shown this once.') }), {
  id: 'NewApiKey',
});

export function apiKeyJson(key: ApiKey): z.input<typeof apiKeySchema> {
  return {
    id: key.id,
    name: key.name,
    scopes: [...key.scopes],
    connections: key.connections === undefined ? null : [...key.connections],
    created_at: instantOf(key.createdAtMs),
    revoked_at: instantOrNull(key.revokedAtMs),
  };
}
