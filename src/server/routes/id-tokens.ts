import * as z from 'zod';
import { getIdToken } from '../../app/id-tokens.ts';
import { visibleConnectionId } from '../../app/visible.ts';
import { idTokenJson, idTokenSchema } from '../bodies/id-token.ts';
import { route, type Route } from '../route.ts';
import { described } from '../schema.ts';

/** A year: more is no limit. */
const MAX_AGE_MAX_S = 31_536_000;

export const idTokenRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/connections/{id}/id-token',
    access: 'tokens:read',
    summary: 'The current ID token with its claims, checked, and renewed if it has ended.',
    query: z.strictObject({
      max_age: described(
        z.coerce.number().min(0).max(MAX_AGE_MAX_S).optional(),
        'Seconds since it was issued (`iat`): an older one is renewed. Less than 60 counts as 60.',
      ),
    }),
    answer: idTokenSchema,
    async run({ app, caller, params, query: { max_age: maxAge } }) {
      const id = await visibleConnectionId(params['id'] ?? '', caller, app);
      return idTokenJson(await getIdToken(id, maxAge === undefined ? {} : { maxAgeMs: maxAge * 1000 }, app));
    },
  }),
];
