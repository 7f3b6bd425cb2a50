import type { Mutant } from './mutation.ts';

/** Mistakes in publishing. */
export const POSTING_MUTANTS: readonly Mutant[] = [
  {
    name: 'publishes again after a timeout',
    patches: [
      {
        file: 'src/posts/classify.ts',
        search: "      return { kind: 'unanswered', detail: `${answer.cause}: ${answer.detail}` };",
        replace:
          "      return { kind: 'not_created', reason: 'unreachable', detail: answer.detail, retryAtMs: undefined };",
      },
    ],
  },
  {
    name: 'publishes again after a 5xx',
    patches: [
      {
        file: 'src/posts/classify.ts',
        search: '  return refusal ?? { kind:',
        replace:
          "  if (status >= 500) return { kind: 'not_created', reason: 'unreachable', detail: '', retryAtMs: undefined };\n  return refusal ?? { kind:",
      },
    ],
  },
  {
    name: 'puts an interrupted post back to scheduled',
    patches: [
      {
        file: 'src/posts/lifecycle.ts',
        search: '      return isAbandoned(post, happening, nowMs) ? abandoned(post, nowMs) : undefined;',
        replace: `      return isAbandoned(post, happening, nowMs)
        ? changedQuietly(post, { ...abandoned(post, nowMs).next, status: 'scheduled', statusReason: undefined, dueAtMs: nowMs, version: post.version }, nowMs)
        : undefined;`,
      },
    ],
  },
  {
    name: 'sends a post that it could not claim',
    patches: [
      {
        file: 'src/posts/publish.ts',
        search:
          "  if (change === undefined || (await ports.posts.apply([change])).kind !== 'applied') return undefined;",
        replace: '  if (change === undefined) return undefined;\n  await ports.posts.apply([change]);',
      },
    ],
  },
  {
    name: 'gives the remote id of one post to another',
    patches: [
      {
        file: 'src/store/sqlite/post-queries.ts',
        search: '  if (remoteId === undefined) return undefined;\n  const row',
        replace: '  if (remoteId !== null) return undefined;\n  const row',
      },
    ],
  },
  {
    name: "matches yesterday's post when it reads back",
    patches: [
      {
        file: 'src/posts/read-back.ts',
        search: `    createdFromMs: (attempt?.startedAtMs ?? post.createdAtMs) - CLOCK_SKEW_MS,
    afterRemoteId: attempt?.lastKnownRemoteId,`,
        replace: `    createdFromMs: (attempt?.startedAtMs ?? post.createdAtMs) - 1440 * CLOCK_SKEW_MS,
    afterRemoteId: undefined,`,
      },
    ],
  },
  {
    name: 'adopts anything that stands on the timeline',
    patches: [
      {
        file: 'src/posts/read-back.ts',
        search: '    isSameText(post.text, remote.text, { isReply: post.replyTo !== undefined });',
        replace: '    isSameText(post.text, post.text, { isReply: post.replyTo !== undefined });',
      },
    ],
  },
];
