import type { Evidence } from '../evidence.ts';
import type { PostAttemptRecord, PostRecord } from '../records.ts';
import { countBy, type Flaw } from './renewals.ts';

export interface PostBooks {
  readonly byStatus: Readonly<Record<string, number>>;
  readonly failedFor: Readonly<Record<string, number>>;
  readonly doubled: readonly Flaw[];
  readonly missing: readonly Flaw[];
  /** Not out, and Kippu cannot know it: a person decides. By what became of the last attempt. */
  readonly undecided: Readonly<Record<string, number>>;
  /** `unknown`, and its timeline could not be read yet: the next look is minutes away. */
  readonly searched: number;
  /** `scheduled` still, for a reason that passes: by that reason. */
  readonly waiting: Readonly<Record<string, number>>;
}

/** Every post has a text of its own, so that a text stands for a post on both sides. */
export function balancePosts(evidence: Evidence): PostBooks {
  const handles = new Map(evidence.connections.map(({ id, handle }) => [id, handle]));
  const remote = Map.groupBy(evidence.provider.posts, ({ text }) => text);
  const here = new Map(evidence.posts.map((post) => [post.text, post]));
  const attempts = Map.groupBy(evidence.postAttempts, ({ postId }) => postId);
  const doubled = [...remote.values()]
    .filter((posts) => posts.length > 1)
    .map((posts) => ({ handle: posts[0]?.handle ?? '', what: `${posts.length} times out: ${posts[0]?.text ?? ''}` }));
  const missing: Flaw[] = [];
  for (const { text, handle } of evidence.provider.posts)
    if (!here.has(text)) missing.push({ handle, what: `out, and nobody here knows of it: ${text}` });
  for (const { id, text } of evidence.accepted)
    if (here.get(text)?.id !== id) missing.push({ handle: '', what: `accepted as ${id}, and forgotten: ${text}` });
  for (const post of evidence.posts) {
    const handle = handles.get(post.connectionId) ?? '';
    const wrong = whatIsWrong(post, remote.get(post.text)?.map(({ id }) => id) ?? []);
    if (wrong !== undefined) missing.push({ handle, what: `${wrong}: ${post.text} (${post.id})` });
  }
  return {
    byStatus: countBy(evidence.posts.map(({ status }) => status)),
    failedFor: countBy(evidence.posts.filter(({ status }) => status === 'failed').map(({ reason }) => reason ?? '')),
    doubled,
    missing,
    undecided: countBy(
      evidence.posts
        .filter((post) => post.status === 'unknown' && !isSearched(post))
        .map(({ id }) => lastEnd(attempts.get(id) ?? [])),
    ),
    searched: evidence.posts.filter((post) => post.status === 'unknown' && isSearched(post)).length,
    waiting: countBy(
      evidence.posts.filter(({ status }) => status === 'scheduled').map(({ reason }) => reason ?? 'its time'),
    ),
  };
}

function whatIsWrong(post: PostRecord, remoteIds: readonly string[]): string | undefined {
  const isOut = remoteIds.length > 0;
  switch (post.status) {
    case 'published':
      return remoteIds.includes(post.remoteId ?? '') ? undefined : `published as ${post.remoteId ?? ''}, and not there`;
    case 'publishing':
      return 'publishing for ever';
    case 'scheduled':
      if (isOut) return 'out, and would go out again';
      return (post.dueAtMs ?? 0) < Date.now() - OVERDUE_MS ? 'due, and nobody looks at it' : undefined;
    case 'unknown':
      // Its timeline could not be read yet, for want of a token perhaps: the next look is planned.
      return isOut && !isSearched(post) ? 'out, and not found where it is' : undefined;
    default:
      return isOut ? `out, and ${post.status} here` : undefined;
  }
}

function isSearched({ readBacks, dueAtMs }: PostRecord): boolean {
  return readBacks === 0 && dueAtMs !== null;
}

/** After the faults everything has had more time than this. */
const OVERDUE_MS = 10_000;

function lastEnd(attempts: readonly PostAttemptRecord[]): string {
  const last = attempts.at(-1);
  if (last === undefined) return 'without an attempt';
  return last.reason === 'interrupted'
    ? 'its sender was killed before the provider had it'
    : `${last.outcome ?? 'open'}: ${last.detail ?? ''}`;
}
