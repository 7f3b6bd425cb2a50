import { HOUR_MS, MINUTE_MS } from '../../../model/clock.ts';
import { checkState, type Scene } from '../scene.ts';

/**
 * Two renewals without an answer. One request never arrived, of the other the answer was lost: from outside they are
 * the same, and only what X says to the replay tells them apart.
 */
export const unansweredScene: Scene = {
  id: 'unanswered',
  async play(context) {
    const { world, tell } = context;
    await world.connect('bob');
    await tell.say('bob', 'bobConnects', {});
    await world.passUntil(0, 3 * HOUR_MS + 15 * MINUTE_MS);
    const before = world.provider.state().counts;
    const [alice, bob] = await Promise.all([world.token('x:alice'), world.token('x:bob')]);
    await tell.say('callers', 'wantAnHour', {});
    world.provider.faults.loseNextRequest('token');
    const forAlice = await world.token('x:alice', { minTtlMs: HOUR_MS });
    world.provider.faults.loseNextAnswer('token');
    const forBob = await world.token('x:bob', { minTtlMs: HOUR_MS });
    await tell.say('x', 'roadFails', {});
    await tell.say('kippu', 'looksTheSame', {});
    await checkState('x:alice', { state: 'uncertain' }, context);
    await checkState('x:bob', { state: 'uncertain' }, context);
    const count = [forAlice.version === alice.version, forBob.version === bob.version].filter(Boolean).length;
    await tell.check('servedMeanwhile', { count }, { count: 2 });
    const handled = world.provider.state().counts.renewals - before.renewals;
    await tell.check('exchangesOfTwo', { count: handled }, { count: 1 });

    await world.passUntil(0, 4 * HOUR_MS);
    await tell.say('kippu', 'replaysForAlice', {});
    await checkState('x:alice', { state: 'active' }, context);
    await world.passUntil(0, 4 * HOUR_MS + 5 * MINUTE_MS);
    await tell.say('kippu', 'replaysForBob', {});
    await checkState('x:bob', { state: 'reauth_required', reason: 'answer_lost' }, context);
    const presented = world.provider.state().counts.presentedTwice - before.presentedTwice;
    await tell.check('spentPresented', { count: presented }, { count: 1 });
    await tell.say('kippu', 'onlyConsentHelps', {});
  },
};
