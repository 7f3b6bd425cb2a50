import * as z from 'zod';
import { renewConnection } from '../../app/renewing.ts';
import { knownConnectionId, visibleConnection, visibleConnectionId } from '../../app/visible.ts';
import { Secret } from '../../model/secret.ts';
import { connectionJson, connectionSchema } from '../bodies/connection.ts';
import { tokenJson, tokenSchema, tokenText } from '../bodies/token.ts';
import { route, type Route } from '../route.ts';
import { described } from '../schema.ts';

const MIN_TTL_MAX_S = 86_400;

export const tokenRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/connections/{id}/token',
    access: 'tokens:read',
    summary: 'A good access token, renewed if need be, once however many ask.',
    query: z.strictObject({
      min_ttl: described(z.coerce.number().min(0).max(MIN_TTL_MAX_S).optional(), 'Seconds that it must still live.'),
    }),
    answer: tokenSchema,
    fromMemory({ app, caller, params }) {
      const id = knownConnectionId(params['id'] ?? '', caller, app);
      const access = id === undefined ? undefined : app.tokens.known(id, undefined);
      return access === undefined ? undefined : tokenText(access);
    },
    async run({ app, caller, params, query: { min_ttl: minTtl }, request }) {
      const id = await visibleConnectionId(params['id'] ?? '', caller, app);
      const need = minTtl === undefined ? {} : { minTtlMs: minTtl * 1000 };
      return tokenJson(await app.tokens.get(id, need, untilGone(request)));
    },
  }),
  route({
    method: 'POST',
    path: '/v1/connections/{id}/token',
    access: 'tokens:read',
    summary: 'Another access token than the one that the provider has just answered with 401.',
    body: z.strictObject({ refused: described(z.string().min(1), 'The access token that was refused.') }),
    answer: tokenSchema,
    async run({ app, caller, params, body, request }) {
      const id = await visibleConnectionId(params['id'] ?? '', caller, app);
      return tokenJson(await app.tokens.get(id, { refused: new Secret(body.refused) }, untilGone(request)));
    },
  }),
  route({
    method: 'POST',
    path: '/v1/connections/{id}/renew',
    access: 'connections:write',
    summary: 'Renews now, whatever life is left.',
    answer: connectionSchema,
    async run({ app, caller, params }) {
      const { id } = await visibleConnection(params['id'] ?? '', caller, app);
      return connectionJson(await renewConnection(id, app));
    },
  }),
];

/** A caller that goes away ends its own wait. Only who has to wait is asked whether it is still there. */
function untilGone(request: Request): { readonly signal: AbortSignal } {
  return {
    get signal() {
      return request.signal;
    },
  };
}
