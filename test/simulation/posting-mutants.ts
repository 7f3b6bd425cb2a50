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
    name: 'takes an older post for this one',
    patches: [
      {
        file: 'src/posts/read-back.ts',
        search:
          '    createdFromMs: (attempt?.startedAtMs ?? post.createdAtMs) - CLOCK_SKEW_MS,\n    afterRemoteId: attempt?.lastKnownRemoteId,',
        replace:
          '    createdFromMs: 0 * CLOCK_SKEW_MS,\n    afterRemoteId: attempt === undefined ? undefined : undefined,',
      },
    ],
  },
  {
    name: 'sends an unknown post once more without being asked',
    patches: [
      {
        file: 'src/posts/lifecycle.ts',
        search: "post.status === 'unknown' && post.resendOnce && post.statusReason",
        replace: "post.status === 'unknown' && post.statusReason",
      },
      {
        file: 'src/posts/after-reading.ts',
        search: '    post.resendOnce && reason',
        replace: '    reason',
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
    name: 'sends a post however long it was held up',
    patches: [
      {
        file: 'src/posts/publish.ts',
        search: '      !isOverdue &&\n      clock.nowMs()',
        replace: '      clock.monotonicMs() > 0 || !isOverdue &&\n      clock.nowMs()',
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
];
