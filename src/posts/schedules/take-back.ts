import type { PostChange } from '../../model/post-store.ts';
import type { Schedule } from '../../model/schedule.ts';
import { after } from '../lifecycle.ts';
import type { SchedulePorts } from './ports.ts';

export interface TakenBack {
  readonly posts: readonly PostChange[];
  /** Times to come whose post was taken back: they may be made again. */
  readonly reopened: readonly number[];
}

/**
 * Cancels what a schedule has made and not yet sent: `all` of it, or what is `ahead` of its time. `undefined`: one of the
 * posts has moved on; look again.
 */
export async function takeBack(
  schedule: Schedule,
  which: 'all' | 'ahead' | 'none',
  { schedules, clock }: Pick<SchedulePorts, 'schedules' | 'clock'>,
): Promise<TakenBack | undefined> {
  if (which === 'none') return { posts: [], reopened: [] };
  const nowMs = clock.nowMs();
  const unsent = (await schedules.unsentPosts(schedule.id)).filter(({ atMs }) => which === 'all' || atMs > nowMs);
  const changes = unsent.map(({ post }) => after(post, { kind: 'cancelled' }, nowMs));
  const posts = changes.filter((change) => change !== undefined);
  if (posts.length < unsent.length) return undefined;
  return { posts, reopened: unsent.map(({ atMs }) => atMs).filter((atMs) => atMs > nowMs) };
}
