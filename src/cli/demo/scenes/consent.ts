import { DAY_MS, MINUTE_MS } from '../../../model/clock.ts';
import { checkState, type Scene } from '../scene.ts';

export const consentScene: Scene = {
  id: 'consent',
  async play(context) {
    const { world, tell } = context;
    const { challengeMethod, scopes, connection } = await world.connect('alice');
    await tell.say('alice', 'opensLink', { challenge: challengeMethod });
    await tell.say('alice', 'allows', { scopes });
    await tell.say('x', 'redirects', {});
    await tell.say('kippu', 'exchangesCode', {});
    await checkState('x:alice', { state: 'active' }, context);
    const nowMs = world.clock.nowMs();
    const minutes = Math.round(((connection.accessExpiresAtMs ?? nowMs) - nowMs) / MINUTE_MS);
    await tell.check('accessLife', { minutes }, { minutes: 120 });
    const days = Math.round(((connection.refreshExpiresAtMs ?? nowMs) - nowMs) / DAY_MS);
    await tell.check('grantLife', { days }, { days: 180 });
  },
};
