import type { Clock } from '../model/clock.ts';
import type { FaultPoints } from '../model/fault-points.ts';
import type { NodeId, ScheduleId } from '../model/ids.ts';
import type { Post } from '../model/post.ts';
import type { PostStore } from '../model/post-store.ts';
import type { ProcessIdentity } from '../model/processes.ts';
import type { ScheduleStore } from '../model/schedule-store.ts';
import { after } from './lifecycle.ts';
import { fingerprintOf } from './publish.ts';
import { nextOccurrence } from './recurrence.ts';
import { gapOf } from './schedules/plan.ts';
import { settle } from './schedules/settle.ts';
import { settledAsDoubtful } from './schedules/settlement.ts';

export interface RestoredPorts {
  readonly posts: Pick<PostStore, 'list' | 'apply' | 'lastKnownRemoteId'>;
  readonly schedules: ScheduleStore;
  readonly faults: FaultPoints;
  readonly clock: Clock;
}

const PAGE = 200;

/**
 * After the copy was made, the original may have published what this store still waits to publish. So whatever has come
 * due is not sent, but looked for on the timeline like a post whose answer was lost; and schedules make nothing for times
 * that are past. Beginning this again, after a crash, changes nothing that it has done.
 */
export async function doubtWhatWasDue(ports: RestoredPorts): Promise<void> {
  await doubtPosts(ports);
  await passOverTimes(ports);
}

/** Not a process that could ever be asked. */
const NOBODY: ProcessIdentity = { nodeId: '' as NodeId, machine: '', pid: 0, started: '' };

async function doubtPosts({ posts, clock }: RestoredPorts): Promise<void> {
  const nowMs = clock.nowMs();
  for (const status of ['scheduled', 'unknown'] as const) {
    let cursor: string | undefined;
    do {
      const page = await posts.list({ status, toMs: nowMs + 1, limit: PAGE, cursor });
      for (const post of page.items) {
        const change = after(post, { kind: 'doubted', ...(await asIfSent(post, posts)) }, nowMs);
        if (change !== undefined) await posts.apply([change]);
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }
}

async function asIfSent(
  post: Post,
  posts: RestoredPorts['posts'],
): Promise<{
  readonly by: ProcessIdentity;
  readonly fingerprint: string;
  readonly lastKnownRemoteId: string | undefined;
}> {
  return {
    by: NOBODY,
    fingerprint: fingerprintOf(post),
    lastKnownRemoteId: await posts.lastKnownRemoteId(post.connectionId),
  };
}

async function passOverTimes(ports: RestoredPorts): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await ports.schedules.list({ limit: PAGE, cursor });
    for (const { id } of page.items) await passOver(id, ports);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** A measurement that is taken twice is the same measurement: only posts are passed over. */
async function passOver(id: ScheduleId, ports: RestoredPorts): Promise<void> {
  const nowMs = ports.clock.nowMs();
  for (;;) {
    const seen = await ports.schedules.read(id);
    if (seen === undefined || seen.isPaused || seen.task.kind !== 'post') return;
    if (seen.nextAtMs === undefined || seen.nextAtMs > nowMs) return;
    // Where the first of them has its record already, this goes on with the next.
    await settle(seen, settledAsDoubtful(seen, gapOf(seen, nowMs), nextOccurrence(seen, nowMs), nowMs), ports);
  }
}
