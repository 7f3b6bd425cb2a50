import * as z from 'zod';
import { listProviders } from '../../app/providers.ts';
import { providerJson, providerSchema } from '../bodies/provider.ts';
import { route, type Route } from '../route.ts';

export const providerRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/providers',
    access: 'connections:read',
    summary: 'What can be connected, how long its tokens live, and what is configured.',
    answer: z.strictObject({ items: z.array(providerSchema) }),
    run: async ({ app }) => ({ items: listProviders(app).map(providerJson) }),
  }),
];
