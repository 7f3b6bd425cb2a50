import { assertNever } from '../model/assert-never.ts';
import { MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import type { PostId } from '../model/ids.ts';
import type { Post } from '../model/post.ts';
import { advance, readPost } from './advance.ts';
import { mayBeResent } from './lifecycle.ts';
import { publish, type PublishPorts } from './publish.ts';
import { readBackPost } from './read-back.ts';
import { findRoute } from './route.ts';

export interface Tended {
  readonly tended: readonly PostId[];
  /** Each stands alone: one post's trouble keeps no other waiting. These are due again by themselves. */
  readonly failures: readonly { readonly postId: PostId; readonly error: unknown }[];
}

const NOTHING_DUE: Tended = { tended: [], failures: [] };

/** How long a post that was taken is left to its taker; a crash in between costs it no more than this. */
const TAKEN_MS = 90 * SECOND_MS;
const ABANDONED_MAX = 100;

/**
 * One round of everything that posts need by themselves: a token ahead of their time, being published, being searched
 * for after a lost answer, and an end when their latest time has passed. Call it again at once while it tends as many
 * as `limit`, else when the store's `nextDueAtMs` comes.
 */
export async function tendDuePosts(ports: PublishPorts, { limit }: { readonly limit: number }): Promise<Tended> {
  await releaseAbandoned(ports);
  // Asking is cheap, taking is a transaction.
  if (((await ports.posts.nextDueAtMs()) ?? Number.POSITIVE_INFINITY) > ports.clock.nowMs()) return NOTHING_DUE;
  const tended = await ports.posts.takeDue({ againAtMs: ports.clock.nowMs() + TAKEN_MS, limit });
  const results = await Promise.allSettled(tended.map((id) => tend(id, ports)));
  const failures = results.flatMap((result, index) => {
    const postId = tended[index];
    return result.status === 'rejected' && postId !== undefined ? [{ postId, error: result.reason as unknown }] : [];
  });
  return { tended, failures };
}

/** Does not wait for the lease of a process that is certainly gone. */
async function releaseAbandoned(ports: PublishPorts): Promise<void> {
  for (const post of await ports.posts.publishing(ABANDONED_MAX)) {
    const isGone = post.lease !== undefined && ports.processes.isGone(post.lease.holder);
    if (isGone) await advance(post, { kind: 'abandoned', fence: post.fence, isGone }, ports);
  }
}

async function tend(id: PostId, ports: PublishPorts): Promise<void> {
  const post = await readPost(id, ports);
  switch (post.status) {
    case 'scheduled':
      await (isAheadOfItsTime(post, ports.clock.nowMs()) ? prepare(post, ports) : publish(id, ports));
      return;
    case 'publishing':
      await advance(post, { kind: 'abandoned', fence: post.fence, isGone: false }, ports);
      return;
    case 'unknown':
      await (mayBeResent(post) ? publish(id, ports) : readBackPost(post, ports));
      return;
    case 'needs_approval':
      await advance(post, { kind: 'time_passed' }, ports);
      return;
    case 'draft':
    case 'published':
    case 'failed':
    case 'cancelled':
      // It was due when it was taken, and somebody else has settled it since.
      return;
    default:
      assertNever(post.status);
  }
}

function isAheadOfItsTime(post: Post, nowMs: number): boolean {
  return post.publishAtMs !== undefined && nowMs < post.publishAtMs;
}

/** Gets a token that will still be good when the post's time comes; a dead grant is found while somebody can still act. */
async function prepare(post: Post, ports: PublishPorts): Promise<void> {
  const untilMs = (post.publishAtMs ?? 0) - ports.clock.nowMs();
  const route = await findRoute(post.connectionId, { minTtlMs: untilMs + MINUTE_MS }, ports);
  await advance(post, route.kind === 'open' ? { kind: 'prepared' } : route, ports);
}
