import { DAY_MS, HOUR_MS } from '../../../model/clock.ts';
import type { Scene } from '../scene.ts';

/** Announced thirty, seven and one day ahead, each once; a renewal on the way moves nothing. */
export const warningsScene: Scene = {
  id: 'warnings',
  async play({ world, tell }) {
    const before = (await world.connection('x:alice')).refreshExpiresAtMs ?? 0;
    await world.passUntil(90, 12 * HOUR_MS);
    await world.token('x:alice');
    await tell.say('callers', 'quietMonths', {});
    const after = (await world.connection('x:alice')).refreshExpiresAtMs ?? 0;
    await tell.check('endUnmoved', { days: Math.round((after - before) / DAY_MS) }, { days: 0 });

    const days: number[] = [];
    for (;;) {
      const event = await world.passUntilEvent('connection.reauth_soon', LAST_DAY);
      if (event === undefined) break;
      days.push(Math.floor(world.storyMs / DAY_MS));
      await tell.say('kippu', 'warns', { days: Number(event.data['days_before']) });
      if (days.length === 3) await tell.say('alice', 'aliceIgnores', {});
    }
    await tell.check('warnedOn', { days: days.join(', ') }, { days: '150, 173, 179' });
  },
};

const LAST_DAY = 181;
