import type { Connection } from '../model/connection.ts';
import type { KippuEvent } from '../model/event.ts';
import type { Post } from '../model/post.ts';
import type { NoticePorts } from './ports.ts';

/** An event with what must be known to tell it: an event names things by their ids. */
export interface Facts {
  readonly event: KippuEvent;
  readonly connection: Connection | undefined;
  readonly post: Post | undefined;
  /** The provider's id. */
  readonly provider: string | undefined;
}

/** Reads what the event names, as it is now. */
export async function readFacts(
  event: KippuEvent,
  { connections, posts, home }: Pick<NoticePorts, 'connections' | 'posts' | 'home'>,
): Promise<Facts> {
  const post = event.postId === undefined ? undefined : await posts.read(event.postId);
  const connectionId = event.connectionId ?? post?.connectionId;
  const connection = connectionId === undefined ? undefined : await connections.find(connectionId);
  const appId = event.data['provider_app'];
  const app = appId === undefined ? undefined : (await home.apps()).find(({ id }) => id === appId);
  return { event, connection, post, provider: connection?.provider ?? app?.provider };
}
