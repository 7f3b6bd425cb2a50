import { KippuError } from '../model/errors.ts';
import type { PostId } from '../model/ids.ts';
import type { Post, PostStatus } from '../model/post.ts';
import { advance, readPost, type Advanced } from './advance.ts';
import { contentOf, findTarget, refuseInvalid } from './draft-content.ts';
import type { Happening, Times } from './happening.ts';
import { invalid } from './invalid.ts';
import { after } from './lifecycle.ts';
import { publish, type PublishPorts } from './publish.ts';
import { timesAt, timesForNow } from './publish-times.ts';

export interface PostEdit {
  readonly text?: string | undefined;
  /** `null` takes it away. */
  readonly replyTo?: string | null | undefined;
  readonly replySettings?: string | null | undefined;
  readonly madeWithAi?: boolean | undefined;
  readonly publishAt?: string | undefined;
  readonly timezone?: string | undefined;
  readonly latestAfterMs?: number | undefined;
  /** `true` takes its time away. */
  readonly isDraft?: boolean | undefined;
  readonly resend?: boolean | undefined;
}

/** Changes what is not on its way yet. Throws `not_found`, `invalid`, `conflict`. */
export async function editPost(id: PostId, edit: PostEdit, ports: PublishPorts): Promise<Post> {
  for (;;) {
    const post = await readPost(id, ports);
    const nowMs = ports.clock.nowMs();
    const change = after(post, await edited(post, edit, ports), nowMs);
    if (change === undefined) throw notPossible(post, 'changed');
    // Somebody else changed it first: what was not edited here is taken from there.
    if ((await ports.posts.apply([change])).kind !== 'applied') continue;
    return publishIfItIsTime(change.next, ports);
  }
}

async function edited(post: Post, edit: PostEdit, ports: PublishPorts): Promise<Happening> {
  const { connection, network } = await findTarget(post.connectionId, ports);
  const content = contentOf({
    text: edit.text ?? post.text,
    replyTo: edit.replyTo === null ? undefined : (edit.replyTo ?? post.replyTo),
    replySettings: edit.replySettings === null ? undefined : (edit.replySettings ?? post.replySettings),
    madeWithAi: edit.madeWithAi ?? post.madeWithAi,
  });
  const check = network.check(content);
  const times = editedTimes(post, edit, ports.clock.nowMs());
  const staysDraft = times === 'none' || (times === 'same' && post.status === 'draft');
  if (!staysDraft) refuseInvalid(check, connection, network);
  const resendOnce = edit.resend ?? post.resendOnce;
  return { kind: 'edited', content, costMicroUsd: check.costMicroUsd, resendOnce, times };
}

function editedTimes(post: Post, edit: PostEdit, nowMs: number): Times | 'same' | 'none' {
  if (edit.isDraft === true) return 'none';
  const { publishAt, latestAfterMs, timezone } = edit;
  if (publishAt !== undefined) return timesAt(publishAt, { timezone: timezone ?? post.timezone, latestAfterMs }, nowMs);
  if (timezone === undefined && latestAfterMs === undefined) return 'same';
  throw invalid('A time zone or a latest time alone does not say when. Give the time along with it.', '/publish_at');
}

/** Publishes a draft, a scheduled or a failed post now. One that is just being published is returned as it is. */
export async function publishNow(id: PostId, ports: PublishPorts): Promise<Post> {
  const post = await readPost(id, ports);
  if (post.status === 'publishing') return post;
  const { connection, network } = await findTarget(post.connectionId, ports);
  refuseInvalid(network.check(post), connection, network);
  const scheduled = expectAdvanced(
    await advance(post, { kind: 'scheduled', times: timesForNow(ports.clock.nowMs()) }, ports),
    'published',
  );
  return publishIfItIsTime(scheduled, ports);
}

/** Lets a post go that waits for approval: at its time, or now if it has none. */
export async function approvePost(id: PostId, ports: PublishPorts): Promise<Post> {
  const post = await readPost(id, ports);
  const times = post.publishAtMs === undefined ? timesForNow(ports.clock.nowMs()) : 'same';
  return publishIfItIsTime(expectAdvanced(await advance(post, { kind: 'approved', times }, ports), 'approved'), ports);
}

/** Throws `conflict` for a post that may be out already: that one is to be resolved. */
export async function cancelPost(id: PostId, ports: PublishPorts): Promise<Post> {
  const post = await readPost(id, ports);
  if (post.status === 'cancelled') return post;
  return expectAdvanced(await advance(post, { kind: 'cancelled' }, ports), 'cancelled');
}

/**
 * The post exists from here on, so trouble is no answer any more: whoever got an error would make a second post. The
 * worker goes on with it, and whoever watches the background hears of the trouble.
 */
export async function publishIfItIsTime(post: Post, ports: PublishPorts): Promise<Post> {
  const { status, publishAtMs } = post;
  if (status !== 'scheduled' || publishAtMs === undefined || publishAtMs > ports.clock.nowMs()) return post;
  const published = publish(post.id, ports);
  try {
    return await published;
  } catch {
    // Told by the promise itself.
    ports.background(published.then(() => {}));
    return post;
  }
}

export function expectAdvanced(advanced: Advanced, what: string): Post {
  if (advanced.kind === 'advanced') return advanced.post;
  throw notPossible(advanced.post, what);
}

function notPossible({ id, status }: Post, what: string): KippuError {
  return new KippuError('conflict', `${id} is ${status} and cannot be ${what}. ${ADVICE[status]}`);
}

const ADVICE: Readonly<Record<PostStatus, string>> = {
  draft: 'Give it a time, or publish it.',
  scheduled: 'It goes out by itself; cancel it if it is not wanted.',
  needs_approval: 'Approve or cancel it first.',
  publishing: 'Wait for its end.',
  published: 'Make a new post.',
  unknown: 'Look whether it is out, and resolve it first.',
  failed: 'Publish it again, or make a new post.',
  cancelled: 'Make a new post.',
};
