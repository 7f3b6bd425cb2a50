import { z, type core, type Inferred } from '../zod.ts';
import type { BadParameter } from './x-problems.ts';

const id = z.string().regex(/^[0-9]{1,19}$/);
const replySettings = z.enum(['following', 'mentionedUsers', 'subscribers', 'verified']);

/** X's CreatePostsRequest (OpenAPI 2.167): a key that is not named here is an error. */
const schema = z.strictObject({
  text: z.string().default(''),
  media: z
    .strictObject({
      media_ids: z.array(id).min(1).max(4),
      tagged_user_ids: z.array(id).max(10).optional(),
      title: z.string().optional(),
      description: z.string().optional(),
      embeddable: z.boolean().optional(),
      preview_media_id: id.optional(),
      call_to_actions: z.unknown().optional(),
    })
    .optional(),
  poll: z
    .strictObject({
      options: z.array(z.string().min(1).max(25)).min(2).max(4),
      duration_minutes: z.int().min(5).max(10_080),
      reply_settings: replySettings.optional(),
    })
    .optional(),
  reply: z
    .strictObject({
      in_reply_to_tweet_id: id,
      exclude_reply_user_ids: z.array(id).optional(),
      auto_populate_reply_metadata: z.boolean().optional(),
    })
    .optional(),
  quote_tweet_id: id.optional(),
  reply_settings: replySettings.optional(),
  made_with_ai: z.boolean().optional(),
  paid_partnership: z.boolean().optional(),
  community_id: id.optional(),
  share_with_followers: z.boolean().optional(),
  geo: z.strictObject({ place_id: z.string() }).optional(),
  nullcast: z.boolean().optional(),
  for_super_followers_only: z.boolean().optional(),
  card_uri: z.string().optional(),
  direct_message_deep_link: z.string().optional(),
  edit_options: z.strictObject({ previous_post_id: id }).optional(),
});
export type CreateBody = Inferred<typeof schema>;

export type ReadBody =
  | { readonly kind: 'good'; readonly body: CreateBody }
  | { readonly kind: 'bad'; readonly bad: readonly BadParameter[] };

export function readCreateBody(contentType: string | undefined, text: string): ReadBody {
  const json = contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json' ? parseJson(text) : undefined;
  if (json === undefined) return bad('body', '', 'Requests with bodies must have content-type of application/json.');
  const parsed = schema.safeParse(json);
  if (!parsed.success) return { kind: 'bad', bad: parsed.error.issues.flatMap(badParameters) };
  if (parsed.data.text.trim() === '' && parsed.data.media === undefined)
    return bad('text', '', 'A Post needs text or media.');
  return { kind: 'good', body: parsed.data };
}

function badParameters(issue: core.$ZodIssue): readonly BadParameter[] {
  const path = ['$', ...issue.path].join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      name: key,
      value: '',
      message: `${path}.${key}: is not defined in the schema and the schema does not allow additional properties`,
    }));
  }
  return [{ name: issue.path.join('.'), value: '', message: `${path}: ${issue.message}` }];
}

function bad(name: string, value: string, message: string): ReadBody {
  return { kind: 'bad', bad: [{ name, value, message }] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is one of the answers here.
    return undefined;
  }
}
