import * as z from 'zod';
import { requireUnbound } from '../../app/callers.ts';
import { connectProgress, connectSteps, redeemConsentOf } from '../../app/connect-progress.ts';
import { beginConnect } from '../../app/connecting.ts';
import { visibleConnection } from '../../app/visible.ts';
import {
  connectProgressJson,
  connectProgressSchema,
  connectRequest,
  connectSessionJson,
  connectSessionSchema,
} from '../bodies/connect-session.ts';
import { connectStepJson, connectStepsSchema } from '../bodies/connect-step.ts';
import { route, type Route } from '../route.ts';
import { described } from '../schema.ts';

export const connectSessionRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/connect-sessions',
    access: 'connections:write',
    summary: 'Makes a link to send a user to, who consents there.',
    body: connectRequest,
    status: 201,
    answer: connectSessionSchema,
    async run({ app, caller, body: { return_url: returnUrl, connection, ...request } }) {
      if (connection === undefined) requireUnbound(caller);
      const again = connection === undefined ? undefined : (await visibleConnection(connection, caller, app)).id;
      return connectSessionJson(await beginConnect({ ...request, returnUrl, connection: again }, app));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/connect-sessions/{id}',
    access: 'connections:read',
    summary: 'How far the consent is; `attached` and `failed` are its ends.',
    answer: connectProgressSchema,
    async run({ app, caller, params }) {
      return connectProgressJson(await connectProgress(params['id'] ?? '', caller, app));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/connect-sessions/{id}/steps',
    access: 'connections:read',
    summary: 'The eight steps of a consent begun with `explain`, as far as they have happened; secrets are masked.',
    answer: connectStepsSchema,
    async run({ app, caller, params }) {
      return { items: (await connectSteps(params['id'] ?? '', caller, app)).map(connectStepJson) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/connect-sessions/{id}/redeem',
    access: 'connections:write',
    summary: 'Brings the code that the user carried to the `return_url`: only now is the account connected.',
    body: z.strictObject({
      code: described(z.string().min(1), 'The `kippu_code` of the address that the browser came with.'),
    }),
    answer: connectProgressSchema,
    async run({ app, caller, params, body }) {
      return connectProgressJson(await redeemConsentOf(params['id'] ?? '', body.code, { caller, app }));
    },
  }),
];
