import * as z from 'zod';
import { requireUnbound } from '../../app/callers.ts';
import { importTokens, revokeConnection, updateConnection } from '../../app/connections.ts';
import { maySee } from '../../app/events.ts';
import { timelineOf } from '../../app/timeline.ts';
import { connectApp, importKey } from '../../app/without-user.ts';
import { visibleConnection, visibleConnections } from '../../app/visible.ts';
import { CONNECTION_STATES, RENEWAL_POLICIES } from '../../model/connection.ts';
import { connectionJson, connectionSchema } from '../bodies/connection.ts';
import { timelineJson, timelineSchema } from '../bodies/timeline.ts';
import { route, type Route } from '../route.ts';
import { described, flag, pageOf, pageQuery } from '../schema.ts';

const METADATA_CHARS_MAX = 16_384;

const instantInput = z.union([z.string(), z.number()]);

const importRequest = z.strictObject({
  provider: z.string().min(1),
  name: z.string().optional(),
  owner: z.string().max(200).optional(),
  access_token: z.string().optional(),
  refresh_token: z.string().optional(),
  id_token: z.string().optional(),
  expires_at: described(instantInput.optional(), 'ISO 8601, or seconds since the epoch.'),
  expires_in: described(z.number().optional(), 'Seconds.'),
  refresh_token_expires_at: described(instantInput.optional(), 'ISO 8601, or seconds since the epoch.'),
  scope: described(z.string().optional(), 'Separated by spaces.'),
  subject: described(z.string().optional(), "The provider's id of the user; asked for where it is not given."),
});

const keyRequest = z.strictObject({
  provider: z.string().min(1),
  name: z.string().optional(),
  owner: z.string().max(200).optional(),
  api_key: described(z.string().min(1), "A static key of the provider's API. Nothing renews it."),
  api_key_header: described(
    z.string().optional(),
    'The header that carries it; `Authorization` where nothing is said.',
  ),
  api_key_scheme: described(z.string().optional(), 'The word before it in the header, as in `Bearer`; empty: none.'),
  expires_at: described(instantInput.optional(), 'ISO 8601, or seconds since the epoch. Absent: it has no end.'),
  connection: described(z.string().optional(), 'Id or name: the key of this connection is replaced.'),
});

const appOnlyRequest = z.strictObject({
  provider: z.string().min(1),
  name: z.string().optional(),
  owner: z.string().max(200).optional(),
  scopes: z.array(z.string()).optional(),
  connection: described(z.string().optional(), 'Id or name: asked for anew for this one.'),
});

const patch = z.strictObject({
  name: z.string().optional(),
  owner: z.string().max(200).optional(),
  policy: z.enum(RENEWAL_POLICIES).optional(),
  metadata: z
    .record(z.string(), z.unknown())
    .refine(
      (value) => JSON.stringify(value).length <= METADATA_CHARS_MAX,
      `as JSON it is longer than ${METADATA_CHARS_MAX} characters`,
    )
    .optional(),
});

export const connectionRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/connections',
    access: 'connections:read',
    summary: 'The connections that the key may see, by id.',
    query: z.strictObject({
      provider: z.string().optional(),
      owner: z.string().optional(),
      state: z.enum(CONNECTION_STATES).optional(),
      never_expires: described(
        flag.optional(),
        'Only those whose access token has no end and that have no refresh token.',
      ),
      ...pageQuery,
    }),
    answer: pageOf(connectionSchema),
    async run({ app, caller, query: { never_expires: neverExpires = false, ...query } }) {
      const { items, nextCursor } = await visibleConnections(
        { ...definedOf(query), limit: query.limit, neverExpires },
        caller,
        app,
      );
      return { items: items.map(connectionJson), next_cursor: nextCursor ?? null };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/connections',
    access: 'connections:write',
    summary: 'Takes over tokens that another program obtained. Whoever had them must stop renewing.',
    body: importRequest,
    status: 201,
    answer: connectionSchema,
    async run({ app, caller, body }) {
      requireUnbound(caller);
      return connectionJson(await importTokens(body, app));
    },
  }),
  route({
    method: 'POST',
    path: '/v1/key-connections',
    access: 'connections:write',
    summary: "Takes in a static key of a provider's API, or puts it in the place of a connection's last one.",
    body: keyRequest,
    status: 201,
    answer: connectionSchema,
    async run({ app, caller, body }) {
      requireUnbound(caller);
      return connectionJson(await importKey(body, app));
    },
  }),
  route({
    method: 'POST',
    path: '/v1/app-connections',
    access: 'connections:write',
    summary: 'Connects the app itself, without a user (client credentials).',
    body: appOnlyRequest,
    status: 201,
    answer: connectionSchema,
    async run({ app, caller, body }) {
      requireUnbound(caller);
      return connectionJson(await connectApp(body, app));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/connections/{id}',
    access: 'connections:read',
    summary: 'One connection, by id or name.',
    answer: connectionSchema,
    async run({ app, caller, params }) {
      return connectionJson(await visibleConnection(params['id'] ?? '', caller, app));
    },
  }),
  route({
    method: 'PATCH',
    path: '/v1/connections/{id}',
    access: 'connections:write',
    summary: 'Changes its name, owner, renewal policy or metadata.',
    body: patch,
    answer: connectionSchema,
    async run({ app, caller, params, body }) {
      const { id } = await visibleConnection(params['id'] ?? '', caller, app);
      return connectionJson(await updateConnection(id, body, app));
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/connections/{id}',
    access: 'connections:write',
    summary: 'Revokes it at the provider, then here. What happened to it stays to be read.',
    query: z.strictObject({ local_only: described(flag.optional(), 'Only here; the provider keeps the grant.') }),
    answer: connectionSchema,
    async run({ app, caller, params, query }) {
      const { id } = await visibleConnection(params['id'] ?? '', caller, app);
      return connectionJson(await revokeConnection(id, { localOnly: query.local_only ?? false }, app));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/connections/{id}/timeline',
    access: 'connections:read',
    summary: 'What happened to it, the oldest first: consents, renewals and their outcomes, warnings.',
    answer: timelineSchema,
    async run({ app, caller, params }) {
      const { id } = await visibleConnection(params['id'] ?? '', caller, app);
      const entries = await timelineOf(id, app);
      return timelineJson(entries.filter((entry) => entry.kind !== 'event' || maySee(caller, entry.event)));
    },
  }),
];

interface ListQuery {
  readonly provider?: string | undefined;
  readonly owner?: string | undefined;
  readonly state?: (typeof CONNECTION_STATES)[number] | undefined;
  readonly cursor?: string | undefined;
}

/** The store's query tells "not asked for" from "asked for, and empty". */
function definedOf({ provider, owner, state, cursor }: ListQuery) {
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(owner === undefined ? {} : { owner }),
    ...(state === undefined ? {} : { state }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}
