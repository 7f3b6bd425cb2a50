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
    access_lifetime: described(seconds.nullable(), 'Seconds; `null`: it has no end, or no answer says when it comes.'),
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
    renewed_by: described(
      z.enum(['refresh_token', 'access_token', 'nothing']),
      '`access_token`: there are no refresh tokens, and the access token itself is exchanged while it lives.',
    ),
    reuse_grace: described(seconds, 'Seconds for which a refresh token that was used is still taken.'),
    grants_per_subject_max: described(
      z.number().nullable(),
      'How many grants one user and app may have before the oldest ends; `null`: no such limit is known.',
    ),
    consents_url: described(
      z.string().nullable(),
      'Where a user takes back what he gave to the app, so that the next consent is a first one again; `null`: not known.',
    ),
    device_flow: z.boolean(),
    registration: described(
      z
        .strictObject({
          console: described(z.string(), 'Where an app is made.'),
          makes: z.string(),
          callback_field: described(z.string(), 'The field that `callback_url` goes into.'),
          client_id_name: z.string(),
          client_secret_name: z.string(),
          https_only: described(z.boolean(), 'The callback must be https, also on this machine.'),
        })
        .nullable(),
      "What to do in the provider's console, in the console's words; `null`: nobody has described it.",
    ),
    variables: described(z.array(z.string()), 'The settings that an app of this provider is configured with.'),
    needed_variables: described(
      z.array(z.string()),
      'Those of them without which there is no app, besides client id and secret.',
    ),
    unverified: described(z.array(z.string()), 'Claims that are believed and not confirmed.'),
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
    access_lifetime: facts.accessLifetimeMs === undefined ? null : facts.accessLifetimeMs / 1000,
    refresh_lifetime: facts.refreshAbsoluteMs === undefined ? null : facts.refreshAbsoluteMs / 1000,
    refresh_idle_lifetime: facts.refreshIdleMs === undefined ? null : facts.refreshIdleMs / 1000,
    rotation: facts.rotation,
    grants_per_subject: facts.grantsPerSubject,
    scope_presets: Object.fromEntries(Object.entries(facts.scopePresets).map(([name, scopes]) => [name, [...scopes]])),
    offline_scope: facts.offlineScope ?? null,
    refresh_token_needs: [...facts.refreshNeeds],
    renewed_by: facts.renewedBy,
    reuse_grace: facts.reuseGraceMs / 1000,
    grants_per_subject_max: facts.grantsPerSubjectMax ?? null,
    consents_url: facts.consentsUrl ?? null,
    device_flow: facts.hasDeviceFlow,
    registration: registrationJson(facts),
    variables: [...facts.variables],
    needed_variables: [...facts.neededVariables],
    unverified: [...facts.unverified],
  };
}

function registrationJson({ registration }: ProviderFacts): z.input<typeof providerSchema>['registration'] {
  if (registration === undefined) return null;
  const { console, makes, callbackField, clientIdName, clientSecretName, httpsOnly = false } = registration;
  return {
    console,
    makes,
    callback_field: callbackField,
    client_id_name: clientIdName,
    client_secret_name: clientSecretName,
    https_only: httpsOnly,
  };
}
