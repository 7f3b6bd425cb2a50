import { OPERATOR } from '../../../app/api-keys.ts';
import { createPost, findPost } from '../../../app/posts.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../model/clock.ts';
import type { PostId } from '../../../model/ids.ts';
import { clockText } from '../../times.ts';
import { timeOfDayText } from '../demo-clock.ts';
import type { Scene, SceneContext } from '../scene.ts';

const ZONE = 'Asia/Tokyo';
const TEXT = 'Good morning';
const NINE_MS = 9 * HOUR_MS;

/** A post in time, and its answer lost: it is looked for, and not sent twice. */
export const postScene: Scene = {
  id: 'post',
  async play(context) {
    const { world, tell } = context;
    await world.passUntil(181, 21 * HOUR_MS);
    const tomorrow = clockText(world.clock.nowMs() + DAY_MS, ZONE).slice(0, 10);
    const created = await createPost(
      { connection: 'x:alice', text: TEXT, publishAt: `${tomorrow} 09:00`, timezone: ZONE },
      { caller: OPERATOR, key: undefined },
      world.app,
    );
    const { id } = created.post;
    await tell.say('alice', 'schedules', { text: TEXT, at: '09:00' });

    await world.passUntil(182, NINE_MS - 2 * MINUTE_MS);
    await tell.say('kippu', 'readiesToken', {});
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
