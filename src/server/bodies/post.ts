import * as z from 'zod';
import type { DraftCheck, PostEdit, PostRequest } from '../../app/posts.ts';
import {
  FAILURE_REASONS,
  POST_ATTEMPT_OUTCOMES,
  POST_STATUSES,
  REMOTE_EVIDENCE,
  REPLY_SETTINGS,
  UNKNOWN_REASONS,
  WAITING_REASONS,
  type Post,
  type PostAttempt,
} from '../../model/post.ts';
import { described, instant, instantOf, instantOrNull } from '../schema.ts';
import { cost, costJson } from './cost.ts';

const replySettings = described(z.enum(REPLY_SETTINGS), 'Who may reply; left out: everyone.');
const reason = z.enum([...new Set([...WAITING_REASONS, ...UNKNOWN_REASONS, ...FAILURE_REASONS])]);

const content = {
  text: z.string(),
  reply_to: described(z.string().optional(), "The network's id of the post that this one answers."),
  reply_settings: replySettings.optional(),
  made_with_ai: z.boolean().optional(),
};

const times = {
  publish_at: described(z.string().optional(), {
    description: 'An instant, a time in `timezone`, or a span from now. Left out: now, unless it is a draft.',
    examples: ['2026-11-21T18:00:00+09:00', '2026-11-21 18:00', 'tomorrow 09:00', '+10m'],
  }),
  timezone: described(z.string().optional(), { description: 'IANA name.', examples: ['Asia/Tokyo'] }),
  latest_after: described(z.number().min(0).optional(), 'Seconds after its time until which it may still go out.'),
};

const resend = described(
  z.boolean().optional(),
  'If it stays unknown whether it is out: may be sent once more by itself.',
);

export const newPost = z.strictObject({
  connection: described(z.string().min(1), 'Id or name.'),
  ...content,
  ...times,
  draft: described(z.boolean().optional(), 'Only saves it.'),
  approval: described(z.boolean().optional(), 'Somebody must approve it before it goes out.'),
  resend,
});

/** As for a new post, so that the same body can be checked first. */
export const textToCheck = newPost.extend({ connection: newPost.shape.connection.optional() });

export const postEdit = z.strictObject({
  text: z.string().optional(),
  reply_to: described(z.string().nullable().optional(), '`null` takes it away.'),
  reply_settings: described(replySettings.nullable().optional(), '`null` takes it away.'),
  made_with_ai: z.boolean().optional(),
  ...times,
  draft: described(z.boolean().optional(), '`true` takes its time away.'),
  resend,
});

export const resolution = z.discriminatedUnion('as', [
  z.strictObject({
    as: z.literal('published'),
    remote_id: described(z.string().min(1), "The network's id of the post, or its address."),
  }),
  z.strictObject({ as: z.literal('not_published') }),
]);

export function postRequestOf(body: z.output<typeof newPost>): PostRequest {
  return {
    connection: body.connection,
    text: body.text,
    replyTo: body.reply_to,
    replySettings: body.reply_settings,
    madeWithAi: body.made_with_ai,
    publishAt: body.publish_at,
    timezone: body.timezone,
    latestAfterMs: body.latest_after === undefined ? undefined : body.latest_after * 1000,
    isDraft: body.draft,
    needsApproval: body.approval,
    resend: body.resend,
  };
}

export function postEditOf(body: z.output<typeof postEdit>): PostEdit {
  return {
    text: body.text,
    replyTo: body.reply_to,
    replySettings: body.reply_settings,
    madeWithAi: body.made_with_ai,
    publishAt: body.publish_at,
    timezone: body.timezone,
    latestAfterMs: body.latest_after === undefined ? undefined : body.latest_after * 1000,
    isDraft: body.draft,
    resend: body.resend,
  };
}

const attemptSchema = described(
  z.strictObject({
    started_at: instant,
    ended_at: instant.nullable(),
    outcome: described(z.enum(POST_ATTEMPT_OUTCOMES).nullable(), '`null`: still being sent.'),
    reason: reason.nullable(),
    detail: z.string().nullable(),
    remote_id: z.string().nullable(),
  }),
  { id: 'PostAttempt' },
);

export const postSchema = described(
  z.strictObject({
    id: z.string(),
    connection: described(z.string(), "The connection's id."),
    status: z.enum(POST_STATUSES),
    status_reason: reason.nullable(),
    status_detail: z.string().nullable(),
    text: z.string(),
    reply_to: z.string().nullable(),
    reply_settings: z.enum(REPLY_SETTINGS).nullable(),
    made_with_ai: z.boolean(),
    publish_at: instant.nullable(),
    timezone: z.string().nullable(),
    latest_at: described(instant.nullable(), 'Later than this it is not published at all.'),
    resend: z.boolean(),
    remote_id: z.string().nullable(),
    remote_url: z.string().nullable(),
    remote_evidence: described(z.enum(REMOTE_EVIDENCE).nullable(), 'How its id at the network is known.'),
    attempts: z.array(attemptSchema),
    cost,
    created_at: instant,
    updated_at: instant,
    published_at: instant.nullable(),
  }),
  { id: 'Post' },
);

export function postJson(post: Post): z.input<typeof postSchema> {
  return {
    id: post.id,
    connection: post.connectionId,
    status: post.status,
    status_reason: post.statusReason ?? null,
    status_detail: post.statusDetail ?? null,
    text: post.text,
    reply_to: post.replyTo ?? null,
    reply_settings: post.replySettings ?? null,
    made_with_ai: post.madeWithAi,
    publish_at: instantOrNull(post.publishAtMs),
    timezone: post.timezone ?? null,
    latest_at: instantOrNull(post.latestAtMs),
    resend: post.resendOnce,
    remote_id: post.remoteId ?? null,
    remote_url: post.remoteUrl ?? null,
    remote_evidence: post.remoteEvidence ?? null,
    attempts: post.attempts.map(attemptJson),
    cost: costJson(post.costMicroUsd),
    created_at: instantOf(post.createdAtMs),
    updated_at: instantOf(post.updatedAtMs),
    published_at: instantOrNull(post.publishedAtMs),
  };
}

function attemptJson(attempt: PostAttempt): z.input<typeof attemptSchema> {
  return {
    started_at: instantOf(attempt.startedAtMs),
    ended_at: instantOrNull(attempt.endedAtMs),
    outcome: attempt.outcome ?? null,
    reason: attempt.reason ?? null,
    detail: attempt.detail ?? null,
    remote_id: attempt.remoteId ?? null,
  };
}

const problems = described(
  z.array(
    z.strictObject({
      severity: z.enum(['error', 'warning']),
      code: z.string(),
      where: z.string(),
      message: z.string(),
    }),
  ),
  'What stands in the way, or is worth knowing; `where` is a JSON pointer.',
);

function problemsJson(found: DraftCheck['problems']): z.input<typeof problems> {
  return found.map(({ severity, code, where, message }) => ({ severity, code, where, message }));
}

export const madePostSchema = described(postSchema.extend({ problems }), { id: 'MadePost' });

export function madePostJson(post: Post, found: DraftCheck['problems']): z.input<typeof madePostSchema> {
  return { ...postJson(post), problems: problemsJson(found) };
}

export const checkSchema = described(
  z.strictObject({
    valid: described(z.boolean(), 'Whether it could be published as it is.'),
    weighted_length: described(z.number().int(), 'As the network counts.'),
    weighted_length_max: z.number().int(),
    links: z.array(z.string()),
    cost,
    problems,
  }),
  { id: 'TextCheck' },
);

export function checkJson(check: DraftCheck): z.input<typeof checkSchema> {
  return {
    valid: check.isValid,
    weighted_length: check.weightedLength,
    weighted_length_max: check.weightedLengthMax,
    links: [...check.links],
    cost: costJson(check.costMicroUsd),
    problems: problemsJson(check.problems),
  };
}
