import type { KippuEvent } from '../model/event.ts';
import { sees } from './callers.ts';
import type { Caller } from './api-keys.ts';
import type { App } from './open.ts';

export interface EventPage {
  readonly items: readonly KippuEvent[];
  /** Everything up to here has been looked at: the next page begins after it. */
  readonly lastSequence: number;
  readonly hasMore: boolean;
}

const EVENTS_A_LOOK = 500;
/** A caller that sees little of a busy store gets a short page, and goes on from there. */
const LOOKS_MAX = 20;

/** What happened after an event, in order: as much of it as the caller may see. */
export async function eventsAfter(after: number, limit: number, caller: Caller, { store }: App): Promise<EventPage> {
  const items: KippuEvent[] = [];
  let lastSequence = after;
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const events = await store.events.list({ after: lastSequence, limit: EVENTS_A_LOOK });
    for (const event of events) {
      if (items.length === limit) return { items, lastSequence, hasMore: true };
      lastSequence = event.sequence;
      if (maySee(caller, event)) items.push(event);
    }
    if (events.length < EVENTS_A_LOOK) return { items, lastSequence, hasMore: false };
  }
  return { items, lastSequence, hasMore: true };
}

/** The sequence of the newest event there is; 0 when there is none. */
export async function newestSequence({ store }: App): Promise<number> {
  const [newest] = await store.events.list({ limit: 1, newestFirst: true });
  return newest?.sequence ?? 0;
}

/** What concerns posts, with or without one, is for those who may read them. */
export function maySee(caller: Caller, { type, connectionId, postId }: KippuEvent): boolean {
  const maySeePosts = caller.scopes.has('posts:read') || caller.scopes.has('admin');
  const isOfPosts = postId !== undefined || type.startsWith('post.') || type.startsWith('schedule.');
  return sees(caller, connectionId) && (!isOfPosts || maySeePosts);
}
