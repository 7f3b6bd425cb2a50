import { HOUR_MS } from '../../../model/clock.ts';
import { checkAccepted, type Scene } from '../scene.ts';

const CALLERS = 10;

export const renewalScene: Scene = {
  id: 'renewal',
  async play(context) {
    const { world, tell } = context;
    await world.passUntil(0, 2 * HOUR_MS);
    const before = world.provider.state().counts;
    await tell.say('callers', 'tenAsk', {});
    const served = await Promise.all(Array.from({ length: CALLERS }, () => world.token('x:alice')));
    await tell.say('kippu', 'renewsOnce', {});
    const tokens = new Set(served.map(({ accessToken }) => accessToken.reveal())).size;
    await tell.check('tokensHandedOut', { callers: served.length, tokens }, { callers: CALLERS, tokens: 1 });
    const { counts } = world.provider.state();
    await tell.check('exchanges', { count: counts.renewals - before.renewals }, { count: 1 });
    await tell.check('spentPresented', { count: counts.presentedTwice - before.presentedTwice }, { count: 0 });
    await checkAccepted('alice', context);
  },
};
