import { MINUTE_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { PostId } from '../model/ids.ts';
import type { Post } from '../model/post.ts';
import { advance, readPost } from './advance.ts';
import { expectAdvanced } from './change.ts';
import { findTarget } from './draft-content.ts';
import { invalid } from './invalid.ts';
import type { PublishPorts } from './publish.ts';

export type Resolution = { readonly as: 'published'; readonly remoteId: string } | { readonly as: 'not_published' };

/** How far the clocks of a person, the network and this machine may be apart. */
const RESOLUTION_SKEW_MS = 10 * MINUTE_MS;

/** A person has looked whether an `unknown` post is out. Throws `not_found`, `invalid`, `conflict`. */
export async function resolvePost(id: PostId, resolution: Resolution, ports: PublishPorts): Promise<Post> {
  const post = await readPost(id, ports);
  if (resolution.as === 'not_published') {
    return expectAdvanced(await advance(post, { kind: 'resolved_not_published' }, ports), 'resolved');
  }
  const { connection, network } = await findTarget(post.connectionId, ports);
  const remoteId = network.parseRemoteId(resolution.remoteId);
  if (remoteId === undefined) {
    const given = resolution.remoteId;
    throw invalid(
      `"${given}" is not the id of a post at ${network.name}. Give its number or its address.`,
      '/remote_id',
    );
  }
  if (post.status === 'published' && post.remoteId === remoteId) return post;
  refuseOtherTime(post, network.createdAtMs(remoteId), ports.clock.nowMs());
  const remoteUrl = network.postUrl(remoteId, connection.handle);
  const advanced = await advance(post, { kind: 'resolved_published', remoteId, remoteUrl }, ports);
  if (advanced.kind === 'remote_id_taken') {
    const advice = `Look for another one, or resolve ${id} as not published.`;
    throw new KippuError('conflict', `${remoteId} is the post ${advanced.by} already. ${advice}`);
  }
  return expectAdvanced(advanced, 'resolved');
}

function refuseOtherTime(post: Post, createdAtMs: number, nowMs: number): void {
  const startedAtMs = post.attempts[0]?.startedAtMs ?? post.createdAtMs;
  if (createdAtMs >= startedAtMs - RESOLUTION_SKEW_MS && createdAtMs <= nowMs + RESOLUTION_SKEW_MS) return;
  throw invalid(
    `The post with that id was made at ${new Date(createdAtMs).toISOString()}, and ${post.id} was first sent at ${new Date(startedAtMs).toISOString()}. Check the id.`,
    '/remote_id',
  );
}
