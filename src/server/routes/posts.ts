import * as z from 'zod';
import {
  approvePost,
  cancelPost,
  checkText,
  createPost,
  editPost,
  findPost,
  listPosts,
  publishPost,
  resolvePost,
} from '../../app/posts.ts';
import { POST_STATUSES } from '../../model/post.ts';
import {
  checkJson,
  checkSchema,
  madePostJson,
  madePostSchema,
  newPost,
  postEdit,
  postEditOf,
  postJson,
  postRequestOf,
  postSchema,
  resolution,
  textToCheck,
} from '../bodies/post.ts';
import { json, route, type Route } from '../route.ts';
import { described, instantInput, pageOf, pageQuery } from '../schema.ts';

const IDEMPOTENCY_KEY = 'idempotency-key';

export const postRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/posts',
    access: 'posts:write',
    summary: 'Makes a post, and publishes it at once if its time is now.',
    headers: [
      {
        name: 'Idempotency-Key',
        description: 'The same request with the same key makes one post, however often it comes.',
      },
    ],
    body: newPost,
    status: 201,
    answer: madePostSchema,
    async run({ app, caller, body, request }) {
      const key = request.headers.get(IDEMPOTENCY_KEY) ?? undefined;
      const { post, problems, isRepeated } = await createPost(postRequestOf(body), { caller, key }, app);
      return json(madePostJson(post, problems), {
        status: 201,
        headers: isRepeated ? { 'idempotency-replayed': 'true' } : {},
      });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/posts/check',
    access: 'posts:read',
    summary: 'Counts a text as its network does, and says what it costs and what is wrong with it. Saves nothing.',
    body: textToCheck,
    answer: checkSchema,
    async run({ app, caller, body }) {
      const text = {
        connection: body.connection,
        text: body.text,
        replyTo: body.reply_to,
        madeWithAi: body.made_with_ai ?? false,
      };
      return checkJson(await checkText(text, caller, app));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/posts',
    access: 'posts:read',
    summary: 'The posts that the key may see, the newest first.',
    query: z.strictObject({
      status: z.enum(POST_STATUSES).optional(),
      connection: described(z.string().optional(), 'Id or name.'),
      from: described(instantInput.optional(), 'To be published at this instant or later.'),
      to: described(instantInput.optional(), 'To be published before this instant.'),
      ...pageQuery,
    }),
    answer: pageOf(postSchema),
    async run({ app, caller, query: { status, connection, from, to, limit, cursor } }) {
      const { items, nextCursor } = await listPosts(
        { status, connection, fromMs: from, toMs: to, limit, cursor },
        caller,
        app,
      );
      return { items: items.map(postJson), next_cursor: nextCursor ?? null };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/posts/{id}',
    access: 'posts:read',
    summary: 'One post, with its attempts.',
    answer: postSchema,
    run: async ({ app, caller, params }) => postJson(await findPost(params['id'] ?? '', caller, app)),
  }),
  route({
    method: 'PATCH',
    path: '/v1/posts/{id}',
    access: 'posts:write',
    summary: 'Changes what is not on its way yet.',
    body: postEdit,
    answer: postSchema,
    run: async ({ app, caller, params, body }) =>
      postJson(await editPost(params['id'] ?? '', postEditOf(body), caller, app)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/posts/{id}',
    access: 'posts:write',
    summary: 'Cancels it, if it cannot be out already.',
    answer: postSchema,
    run: async ({ app, caller, params }) => postJson(await cancelPost(params['id'] ?? '', caller, app)),
  }),
  route({
    method: 'POST',
    path: '/v1/posts/{id}/publish',
    access: 'posts:write',
    summary: 'Publishes a draft, a scheduled or a failed post now.',
    answer: postSchema,
    run: async ({ app, caller, params }) => postJson(await publishPost(params['id'] ?? '', caller, app)),
  }),
  route({
    method: 'POST',
    path: '/v1/posts/{id}/approve',
    access: 'posts:write',
    summary: 'Lets a post go that waits for approval: at its time, or now if it has none.',
    answer: postSchema,
    run: async ({ app, caller, params }) => postJson(await approvePost(params['id'] ?? '', caller, app)),
  }),
  route({
    method: 'POST',
    path: '/v1/posts/{id}/resolve',
    access: 'posts:write',
    summary: 'Somebody has looked whether an `unknown` post is out.',
    body: resolution,
    answer: postSchema,
    async run({ app, caller, params, body }) {
      const found =
        body.as === 'published'
          ? ({ as: 'published', remoteId: body.remote_id } as const)
          : ({ as: 'not_published' } as const);
      return postJson(await resolvePost(params['id'] ?? '', found, caller, app));
    },
  }),
];
