import { requireUnbound } from '../../app/callers.ts';
import { beginDeviceSession, deviceSession } from '../../app/device-sessions.ts';
import { visibleConnection } from '../../app/visible.ts';
import { deviceRequest, deviceSessionJson, deviceSessionSchema } from '../bodies/device-session.ts';
import { route, type Route } from '../route.ts';

export const deviceSessionRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/device-sessions',
    access: 'connections:write',
    summary: 'Asks the provider for a code that a user types on another device (RFC 8628).',
    body: deviceRequest,
    status: 201,
    answer: deviceSessionSchema,
    async run({ app, caller, body: { connection, ...request } }) {
      if (connection === undefined) requireUnbound(caller);
      const again = connection === undefined ? undefined : (await visibleConnection(connection, caller, app)).id;
      return deviceSessionJson(await beginDeviceSession({ ...request, connection: again }, app));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/device-sessions/{id}',
    access: 'connections:read',
    summary: 'How far it is. The provider is asked by itself, never more often than it wants.',
    answer: deviceSessionSchema,
    async run({ app, caller, params }) {
      return deviceSessionJson(await deviceSession(params['id'] ?? '', caller, app));
    },
  }),
];
