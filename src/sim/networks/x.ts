import { justReply } from '../world.ts';
import type { Network } from './network.ts';
import { pass, type XCallRules } from './x-gate.ts';
import { createPost, deletePost } from './x-posts.ts';
import { notPlayed } from './x-problems.ts';
import { followers, timeline, whoAmI } from './x-read.ts';
import { xTokenError } from './x-token-errors.ts';

interface XRoute extends XCallRules {
  readonly method: string;
  readonly path: RegExp;
}

const READ = ['tweet.read', 'users.read'];
const WRITE = ['tweet.read', 'tweet.write', 'users.read'];

const ROUTES: readonly XRoute[] = [
  { method: 'GET', path: /^\/2\/users\/me$/, endpoint: 'me', scopes: READ, allowsAppOnly: false, act: whoAmI },
  { method: 'POST', path: /^\/2\/tweets$/, endpoint: 'tweets', scopes: WRITE, allowsAppOnly: false, act: createPost },
  {
    method: 'DELETE',
    path: /^\/2\/tweets\/(\d{1,19})$/,
    endpoint: 'delete',
    scopes: WRITE,
    allowsAppOnly: false,
    act: deletePost,
  },
  {
    method: 'GET',
    path: /^\/2\/users\/(\d{1,19})\/tweets$/,
    endpoint: 'timeline',
    scopes: READ,
    allowsAppOnly: true,
    act: timeline,
  },
  {
    method: 'GET',
    path: /^\/2\/users\/(\d{1,19})\/followers$/,
    endpoint: 'followers',
    scopes: ['follows.read', ...READ],
    allowsAppOnly: true,
    act: followers,
  },
];

/** X, as far as an automatic poster meets it. */
export const xNetwork: Network = {
  takesPosts: true,
  postPage: /^\/\w{1,15}\/status\/\d{1,19}$/,
  tokenError: xTokenError,
  call: (method, path) => {
    for (const route of ROUTES) {
      const match = route.method === method ? route.path.exec(path) : null;
      if (match !== null)
        return { endpoint: route.endpoint, answer: (world, request) => pass(world, request, route, match[1] ?? '') };
    }
    if (!path.startsWith('/2/')) return undefined;
    return { endpoint: 'any', answer: () => justReply(notPlayed(method, path)) };
  },
};
