import { OPERATOR } from '../../../app/api-keys.ts';
import { findPost, listPosts } from '../../../app/posts.ts';
import { createSchedule } from '../../../app/schedules.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../model/clock.ts';
import type { PostId } from '../../../model/ids.ts';
import type { ScheduleTask } from '../../../model/schedule.ts';
import { timeOfDayText } from '../demo-clock.ts';
import type { Scene, SceneContext } from '../scene.ts';

const MORNING: ScheduleTask = {
  kind: 'post',
  text: { kind: 'list', texts: ['Good morning', 'Another good morning'] },
  madeWithAi: false,
  needsApproval: false,
};
const ALL = { status: undefined, connection: 'x:alice', fromMs: undefined, toMs: undefined, cursor: undefined };
const NINE_MS = 9 * HOUR_MS;

/** A post in time, and its answer lost: it is looked for, and not sent twice. */
export const postScene: Scene = {
  id: 'post',
  async play(context) {
    const { world, tell } = context;
    await world.passUntil(181, 21 * HOUR_MS);
    await createSchedule(
      { connection: 'x:alice', cron: '0 9 * * *', timezone: 'Asia/Tokyo', task: MORNING },
      OPERATOR,
      world.app,
    );
    await tell.say('alice', 'schedules', { at: '09:00' });

    await world.passUntil(182, NINE_MS - 2 * MINUTE_MS);
    await tell.say('kippu', 'readiesToken', {});
    const { items } = await listPosts({ ...ALL, limit: 2 }, OPERATOR, world.app);
    const [id] = items.map((post) => post.id);
    await tell.check('postsMade', { count: items.length }, { count: 1 });
    if (id === undefined) return;
    const { lastRenewedAtMs = 0 } = await world.connection('x:alice');
    const time = timeOfDayText(lastRenewedAtMs - world.clock.startMs);
    await tell.check('tokenReadyAt', { time }, { time: '08:58' });

    world.provider.faults.loseNextAnswer('tweets');
    await world.passUntil(182, NINE_MS);
    await tell.say('kippu', 'sendsPost', {});
    await tell.say('x', 'losesPostAnswer', {});
    await checkPost(id, { status: 'unknown', how: 'unanswered' }, context);
    await tell.say('kippu', 'sendsNothingTwice', {});
    await world.passUntil(182, NINE_MS + 5 * SECOND_MS);
    await tell.say('kippu', 'findsPost', {});
    await checkPost(id, { status: 'published', how: 'timeline' }, context);
    const count = world.provider.state().posts.filter(({ user }) => user === 'alice').length;
    await tell.check('postsAtX', { count }, { count: 1 });
    await tell.draw();
  },
};

async function checkPost(
  id: PostId,
  expected: { readonly status: string; readonly how: string },
  { world, tell }: SceneContext,
): Promise<void> {
  const { status, statusReason, remoteEvidence } = await findPost(id, OPERATOR, world.app);
  await tell.check('postStatus', { status, how: statusReason ?? remoteEvidence ?? '' }, expected);
}
