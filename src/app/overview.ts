import type { Connection, ConnectionState } from '../model/connection.ts';
import type { KippuEvent } from '../model/event.ts';
import type { AppStatus } from '../model/home-store.ts';
import type { Post, PostStatus } from '../model/post.ts';
import type { Schedule } from '../model/schedule.ts';
import type { Copied } from './copied.ts';
import type { App } from './open.ts';
import { listProviders, type ProviderFacts } from './providers.ts';

/** What the operator sees first. */
export interface Overview {
  readonly nowMs: number;
  readonly providers: readonly ProviderFacts[];
  /** Provider apps that nothing is renewed for at the moment. */
  readonly troubledApps: readonly AppStatus[];
  /** What needs somebody comes first. */
  readonly connections: readonly Connection[];
  readonly hasMoreConnections: boolean;
  /** The soonest first. */
  readonly nextPosts: readonly Post[];
  /** Schedules that run, the soonest first. */
  readonly nextRuns: readonly Schedule[];
  /** The newest first. */
  readonly events: readonly KippuEvent[];
  /** Why nothing is renewed from this store. */
  readonly copied: Copied | undefined;
}

const CONNECTIONS_MAX = 100;
const EVENTS_MAX = 40;
const POSTS_MAX = 10;
/** Of each status; the store gives the newest made, and the page wants the soonest due. */
const POSTS_LOOKED_AT = 200;
const RUNS_MAX = 5;
const SCHEDULES_LOOKED_AT = 200;

const STATES_IN_ORDER: readonly ConnectionState[] = ['reauth_required', 'uncertain', 'active', 'revoked'];
const STATUSES_TO_COME: readonly PostStatus[] = ['unknown', 'publishing', 'needs_approval', 'scheduled'];

export async function overviewOf(app: App): Promise<Overview> {
  const { store } = app;
  const [page, posts, runs, events, apps] = await Promise.all([
    store.connections.list({ limit: CONNECTIONS_MAX }),
    postsToCome(app),
    runsToCome(app),
    store.events.list({ limit: EVENTS_MAX, newestFirst: true }),
    store.home.apps(),
  ]);
  return {
    nowMs: app.options.outside.clock.nowMs(),
    providers: listProviders(app),
    troubledApps: apps.filter(
      ({ id, misconfiguredSinceMs, heldForOperator }) =>
        app.apps.has(id) && (misconfiguredSinceMs !== undefined || heldForOperator),
    ),
    connections: [...page.items].sort(
      (a, b) => STATES_IN_ORDER.indexOf(a.state) - STATES_IN_ORDER.indexOf(b.state) || a.name.localeCompare(b.name),
    ),
    hasMoreConnections: page.nextCursor !== undefined,
    nextPosts: posts,
    nextRuns: runs,
    events,
    copied: app.copied,
  };
}

async function postsToCome({ store }: App): Promise<readonly Post[]> {
  const pages = await Promise.all(
    STATUSES_TO_COME.map((status) => store.posts.list({ status, limit: POSTS_LOOKED_AT })),
  );
  const soonestFirst = (a: Post, b: Post): number =>
    (a.publishAtMs ?? Number.POSITIVE_INFINITY) - (b.publishAtMs ?? Number.POSITIVE_INFINITY);
  return pages.flatMap((page) => [...page.items].sort(soonestFirst)).slice(0, POSTS_MAX);
}

async function runsToCome({ store }: App): Promise<readonly Schedule[]> {
  const { items } = await store.schedules.list({ limit: SCHEDULES_LOOKED_AT });
  const nextAtMs = (schedule: Schedule): number => schedule.nextAtMs ?? Number.POSITIVE_INFINITY;
  return items
    .filter((schedule) => schedule.nextAtMs !== undefined)
    .sort((a, b) => nextAtMs(a) - nextAtMs(b))
    .slice(0, RUNS_MAX);
}
