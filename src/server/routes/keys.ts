import * as z from 'zod';
import { createApiKey, createSignInLink } from '../../app/api-keys.ts';
import { listApiKeys, revokeApiKey } from '../../app/callers.ts';
import { apiKeyJson, apiKeySchema, newApiKeySchema } from '../bodies/api-key.ts';
import { route, type Route } from '../route.ts';
import { described } from '../schema.ts';

export const keyRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/api-keys',
    access: 'admin',
    summary: 'Makes an API key. It is shown this once.',
    body: z.strictObject({
      name: z.string(),
      scopes: z.array(z.string()),
      connections: described(z.array(z.string()).default([]), 'Ids or names; empty: every connection.'),
    }),
    status: 201,
    answer: newApiKeySchema,
    async run({ app, body }) {
      const { key, text } = await createApiKey(body, app);
      return { ...apiKeyJson(key), key: text.reveal() };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/api-keys',
    access: 'admin',
    summary: 'All keys there ever were, the oldest first; never their text.',
    answer: z.strictObject({ items: z.array(apiKeySchema), next_cursor: z.null() }),
    run: async ({ app }) => ({ items: (await listApiKeys(app)).map(apiKeyJson), next_cursor: null }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/api-keys/{id}',
    access: 'admin',
    summary: 'Ends a key, at once.',
    answer: apiKeySchema,
    run: async ({ app, params }) => apiKeyJson(await revokeApiKey(params['id'] ?? '', app)),
  }),
  route({
    method: 'POST',
    path: '/v1/sign-in-links',
    access: 'admin',
    summary: 'Makes a link that signs one browser in to the console, once, within 15 minutes.',
    status: 201,
    answer: z.strictObject({ url: z.string() }),
    run: async ({ app }) => ({ url: await createSignInLink(app) }),
  }),
];
