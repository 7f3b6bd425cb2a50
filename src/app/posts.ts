import { KippuError } from '../model/errors.ts';
import { hasIdForm, type PostId } from '../model/ids.ts';
import type { Post, PostStatus } from '../model/post.ts';
import type { PostPage } from '../model/post-store.ts';
import { readPost } from '../posts/advance.ts';
import type { DraftCheck } from '../posts/compose.ts';
import * as change from '../posts/change.ts';
import * as drafts from '../posts/drafts.ts';
import * as resolution from '../posts/resolve.ts';
import { requireConnection, type Caller } from './api-keys.ts';
import type { App } from './open.ts';
import { outlookWarning } from './outlook.ts';
import { visibleConnection } from './visible.ts';

export type { PostEdit } from '../posts/change.ts';
export type { PostRequest } from '../posts/drafts.ts';
export type { DraftCheck } from '../posts/compose.ts';

/** Makes a post of a connection that is the caller's. Throws what {@link drafts.createPost} throws, and `forbidden`. */
export async function createPost(
  request: drafts.PostRequest,
  { caller, key }: { readonly caller: Caller; readonly key: string | undefined },
  app: App,
): Promise<drafts.CreatedPost> {
  const connection = await visibleConnection(request.connection, caller, app);
  const created = await drafts.createPost(
    { ...request, connection: connection.id },
    key === undefined ? undefined : { apiKeyId: caller.apiKeyId, key },
    app.posts,
  );
  const { status, publishAtMs } = created.post;
  const isWaiting = status === 'scheduled' || status === 'needs_approval';
  const outlook =
    isWaiting && publishAtMs !== undefined ? await outlookWarning(connection, publishAtMs, app) : undefined;
  if (outlook === undefined) return created;
  return {
    ...created,
    problems: [...created.problems, { ...outlook, severity: 'warning', where: '/connection' }],
  };
}

export interface TextToCheck {
  /** Id or name; absent: the network that there is. */
  readonly connection: string | undefined;
  readonly text: string;
  readonly replyTo: string | undefined;
  readonly madeWithAi: boolean;
}

/** Counts and prices a text as its network would. Throws `not_found`, `forbidden`, `invalid`. */
export async function checkText(
  { connection, ...content }: TextToCheck,
  caller: Caller,
  app: App,
): Promise<DraftCheck> {
  const { networks } = app.posts;
  const provider = connection === undefined ? undefined : (await visibleConnection(connection, caller, app)).provider;
  const network = provider === undefined ? [...networks.values()][0] : networks.get(provider);
  if (network === undefined)
    throw new KippuError('invalid', `Posts cannot go to ${provider}.`, { where: '/connection' });
  return network.check({ ...content, replySettings: undefined });
}

export interface PostFilter {
  readonly status: PostStatus | undefined;
  /** Id or name. */
  readonly connection: string | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** The caller's posts, newest first. */
export async function listPosts({ connection, ...query }: PostFilter, caller: Caller, app: App): Promise<PostPage> {
  const one = connection === undefined ? undefined : await visibleConnection(connection, caller, app);
  const connectionIds = one === undefined ? caller.connections && [...caller.connections] : [one.id];
  return app.store.posts.list({ ...query, connectionIds });
}

/** Throws `not_found`, `forbidden`. */
export async function findPost(id: string, caller: Caller, app: App): Promise<Post> {
  if (!hasIdForm('pst', id))
    throw new KippuError('not_found', `There is no post ${id}. See "kippu posts" for those there are.`);
  const post = await readPost(id, app.posts);
  requireConnection(caller, post.connectionId);
  return post;
}

export async function editPost(id: string, edit: change.PostEdit, caller: Caller, app: App): Promise<Post> {
  return change.editPost(await visiblePostId(id, caller, app), edit, app.posts);
}

export async function publishPost(id: string, caller: Caller, app: App): Promise<Post> {
  return change.publishNow(await visiblePostId(id, caller, app), app.posts);
}

export async function approvePost(id: string, caller: Caller, app: App): Promise<Post> {
  return change.approvePost(await visiblePostId(id, caller, app), app.posts);
}

export async function cancelPost(id: string, caller: Caller, app: App): Promise<Post> {
  return change.cancelPost(await visiblePostId(id, caller, app), app.posts);
}

export async function resolvePost(id: string, as: resolution.Resolution, caller: Caller, app: App): Promise<Post> {
  return resolution.resolvePost(await visiblePostId(id, caller, app), as, app.posts);
}

async function visiblePostId(id: string, caller: Caller, app: App): Promise<PostId> {
  return (await findPost(id, caller, app)).id;
}
