import { SECOND_MS } from '../../model/clock.ts';
import { liveAccess } from '../bearer.ts';
import type { SimEvent } from '../events.ts';
import { userClaims } from '../oauth/id-token.ts';
import type { User } from '../state.ts';
import { jsonReply, type Reply } from '../wire.ts';
import { justReply, type Decision, type World } from '../world.ts';
import { auth0TokenError } from './auth0-token-errors.ts';
import type { Network } from './network.ts';

/** Auth0, as far as somebody meets it who keeps a user's tokens: who it is for, and what ends them. */
export const auth0Network: Network = {
  tokenError: auth0TokenError,
  subject,
  device: { hasCompleteUri: true, saysOverOnce: true, saysInterval: false },
  revoked: { status: 200, headers: {}, body: '' },
  limited,
  call: (method, path) =>
    method === 'GET' && path === '/userinfo'
      ? {
          endpoint: 'userinfo',
          answer: (world, request) => limited(world, 'userinfo', () => userInfo(world, request)),
        }
      : undefined,
};

/** Of a user of the tenant's own database. */
function subject({ id }: User): string {
  return `auth0|${id}`;
}

function userInfo(world: World, request: Parameters<typeof liveAccess>[1]): Decision {
  const access = liveAccess(world, request);
  if (access === undefined || !access.grant.scopes.includes('openid'))
    return justReply(
      jsonReply(401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer error="invalid_token"' }),
    );
  return justReply(jsonReply(200, { sub: subject(access.user), ...userClaims(access.user, access.grant.scopes) }));
}

/** One allowance for everybody together, with headers that tell how much of it is left. No limit set: no headers. */
function limited(world: World, endpoint: string, answer: () => Decision): Decision {
  const limits = world.state.settings.rateLimits[endpoint];
  const limit = limits?.app ?? limits?.user;
  if (limit === undefined) return answer();
  const key = `${endpoint} tenant`;
  const held = world.state.windows.get(key);
  const window =
    held !== undefined && world.nowMs < held.startMs + limit.windowMs ? held : { startMs: world.nowMs, used: 0 };
  const isOver = window.used >= limit.limit;
  const used = isOver ? window.used : window.used + 1;
  const counted: SimEvent[] = isOver ? [] : [{ kind: 'window_used', key, window: { ...window, used } }];
  const headers = {
    'x-ratelimit-limit': String(limit.limit),
    'x-ratelimit-remaining': String(Math.max(0, limit.limit - used)),
    'x-ratelimit-reset': String(Math.ceil((window.startMs + limit.windowMs) / SECOND_MS)),
  };
  const { events, reply } = isOver ? justReply(tooMany()) : answer();
  return { events: [...counted, ...events], reply: { ...reply, headers: { ...reply.headers, ...headers } } };
}

function tooMany(): Reply {
  return jsonReply(429, { error: 'too_many_requests', error_description: 'Global limit has been reached' });
}
