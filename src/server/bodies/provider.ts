import * as z from 'zod';
import type { ProviderFacts } from '../../app/providers.ts';
import { REFRESH_NEEDS } from '../../app/web/refresh-needs.ts';
import { described } from '../schema.ts';

const seconds = z.number();

export const providerSchema = described(
  z.strictObject({
    id: z.string(),
    name: z.string(),
    configured: described(z.boolean(), 'Whether users can be connected now.'),
    simulated: described(z.boolean(), 'A simulated provider of the sandbox: nothing there is real.'),
    callback_url: described(z.string(), 'To be registered at the provider, to the letter.'),
    access_lifetime: described(seconds, 'Seconds.'),
    refresh_lifetime: described(seconds.nullable(), 'Seconds from the consent; `null`: no end is known.'),
    refresh_idle_lifetime: described(seconds.nullable(), 'Seconds without a renewal; `null`: no end is known.'),
    rotation: described(z.enum(['single-use', 'reusable', 'none']), 'What a renewal does to the refresh token.'),
    grants_per_subject: described(z.enum(['one', 'many']), '`one`: a second consent of the same user ends the first.'),
    scope_presets: z.record(z.string(), z.array(z.string())),
    offline_scope: described(z.string().nullable(), 'The scope that brings a refresh token; asked for unless refused.'),
    refresh_token_needs: described(
      z.array(z.enum(REFRESH_NEEDS)),
      'What a consent needs, in the request and in the settings there, to bring a refresh token.',
    ),
  }),
  { id: 'Provider' },
);

export function providerJson(facts: ProviderFacts): z.input<typeof providerSchema> {
  return {
    id: facts.id,
    name: facts.name,
    configured: facts.isConfigured,
    simulated: facts.isSimulated,
    callback_url: facts.callbackUrl,
    access_lifetime: facts.accessLifetimeMs / 1000,
    refresh_lifetime: facts.refreshAbsoluteMs === undefined ? null : facts.refreshAbsoluteMs / 1000,
    refresh_idle_lifetime: facts.refreshIdleMs === undefined ? null : facts.refreshIdleMs / 1000,
    rotation: facts.rotation,
    grants_per_subject: facts.grantsPerSubject,
    scope_presets: Object.fromEntries(Object.entries(facts.scopePresets).map(([name, scopes]) => [name, [...scopes]])),
    offline_scope: facts.offlineScope ?? null,
    refresh_token_needs: [...facts.refreshNeeds],
  };
}
