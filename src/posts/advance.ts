import type { Clock } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { PostId } from '../model/ids.ts';
import type { Post } from '../model/post.ts';
import type { PostStore } from '../model/post-store.ts';
import type { Happening } from './happening.ts';
import { after } from './lifecycle.ts';

export interface AdvancePorts {
  readonly posts: PostStore;
  readonly clock: Clock;
}

export type Advanced =
  | { readonly kind: 'advanced'; readonly post: Post }
  /** It cannot happen to the post as it is now; nothing was changed. */
  | { readonly kind: 'impossible'; readonly post: Post }
  | { readonly kind: 'remote_id_taken'; readonly post: Post; readonly by: PostId };

/** Writes down what happened to a post, looking at it again whenever somebody else was quicker. */
export async function advance(seen: Post, happening: Happening, ports: AdvancePorts): Promise<Advanced> {
  for (let post = seen; ; post = await readPost(seen.id, ports)) {
    const change = after(post, happening, ports.clock.nowMs());
    if (change === undefined) return { kind: 'impossible', post };
    const applied = await ports.posts.apply([change]);
    if (applied.kind === 'applied') return { kind: 'advanced', post: change.next };
    if (applied.kind === 'remote_id_taken') return { kind: 'remote_id_taken', post, by: applied.by };
  }
}

/** Throws `not_found`. */
export async function readPost(id: PostId, { posts }: Pick<AdvancePorts, 'posts'>): Promise<Post> {
  const post = await posts.read(id);
  if (post === undefined) {
    throw new KippuError('not_found', `There is no post ${id}. See "kippu posts" for those there are.`);
  }
  return post;
}
