import { SECOND_MS } from '../../model/clock.ts';
import { liveAccess, type Access } from '../bearer.ts';
import type { SimEvent } from '../events.ts';
import type { User } from '../state.ts';
import { jsonReply, type SimRequest } from '../wire.ts';
import { justReply, type Decision, type World } from '../world.ts';
import { changeToken, checkToken, resetToken } from './github-apps.ts';
import { badCredentials, rateLimited, userAgentMissing } from './github-problems.ts';
import { githubTokenError } from './github-token-errors.ts';
import type { Network, NetworkCall } from './network.ts';

/** Where REST is on Enterprise Server, and with a base URL of one's own; on github.com it has a host to itself. */
const BELOW = /^\/api\/v3(?=\/)/;

const TOKEN_PREFIXES = { access: 'ghu_', refresh: 'ghr_' };

/** GitHub, as far as somebody meets it who keeps a user's token: who it is for, some repositories, and what ends it. */
export const githubNetwork: Network = {
  tokenPrefixes: TOKEN_PREFIXES,
  tokenError: githubTokenError,
  call: (method, fullPath) => {
    const path = fullPath.replace(BELOW, '');
    const app = /^\/applications\/([^/]+)\/(token|grant)$/.exec(path);
    if (app !== null) return appCall(method, decodeURIComponent(app[1] ?? ''), app[2] === 'grant' ? 'grant' : 'token');
    if (method === 'GET' && path === '/user') return { endpoint: 'me', answer: asUser(userBody) };
    if (method === 'GET' && path === '/user/repos') return { endpoint: 'repos', answer: asUser(reposBody) };
    return undefined;
  },
};

function appCall(method: string, clientId: string, what: 'token' | 'grant'): NetworkCall | undefined {
  if (method === 'POST' && what === 'token') {
    return { endpoint: 'check', answer: (world, request) => checkToken(world, clientId, request) };
  }
  if (method === 'PATCH' && what === 'token') {
    const prefix = TOKEN_PREFIXES.access;
    return { endpoint: 'revoke', answer: (world, request) => resetToken(world, { clientId, prefix }, request) };
  }
  if (method !== 'DELETE') return undefined;
  return { endpoint: 'revoke', answer: (world, request) => changeToken(world, { clientId, what }, request) };
}

/** A call for the user of a living access token, with the headers that tell how many are left. */
function asUser(body: (user: User) => unknown): NetworkCall['answer'] {
  return (world: World, request: SimRequest): Decision => {
    if (request.headers['user-agent'] === undefined && request.headers['host'] !== undefined)
      return justReply(userAgentMissing());
    const access = liveAccess(world, request);
    if (access === undefined) return justReply(badCredentials());
    const { events, headers, isOver } = countRequest(world, access);
    const reply = isOver ? rateLimited(numberOf(access.user)) : jsonReply(200, body(access.user));
    return { events, reply: { ...reply, headers: { ...reply.headers, ...headers } } };
  };
}

/** One allowance an hour for everything that a user does through an app. */
function countRequest(world: World, { grant, user }: Access) {
  const limits = world.state.settings.rateLimits['core']?.user ?? { limit: 5000, windowMs: 3600 * SECOND_MS };
  const key = `core user ${grant.clientId} ${user.id}`;
  const held = world.state.windows.get(key);
  const isOpen = held !== undefined && world.nowMs < held.startMs + limits.windowMs;
  const window = isOpen ? held : { startMs: world.nowMs, used: 0 };
  const isOver = window.used >= limits.limit;
  const used = isOver ? window.used : window.used + 1;
  const events: SimEvent[] = isOver ? [] : [{ kind: 'window_used', key, window: { ...window, used } }];
  const headers = {
    'x-ratelimit-limit': String(limits.limit),
    'x-ratelimit-remaining': String(Math.max(0, limits.limit - used)),
    'x-ratelimit-used': String(used),
    'x-ratelimit-reset': String(Math.ceil((window.startMs + limits.windowMs) / SECOND_MS)),
    'x-ratelimit-resource': 'core',
  };
  return { events, headers, isOver };
}

/** Ids are numbers there; this one follows from the handle, as everywhere in the simulator. */
function numberOf(user: User): number {
  return Number(BigInt(user.id) % 1_000_000_000n);
}

function userBody(user: User): unknown {
  return {
    login: user.handle,
    id: numberOf(user),
    type: 'User',
    name: user.name,
    html_url: `https://github.com/${user.handle}`,
  };
}

function reposBody(user: User): unknown {
  return ['hello-world', 'dotfiles'].map((name, index) => ({
    id: numberOf(user) * 10 + index,
    name,
    full_name: `${user.handle}/${name}`,
    private: index === 1,
    owner: { login: user.handle, id: numberOf(user) },
  }));
}
