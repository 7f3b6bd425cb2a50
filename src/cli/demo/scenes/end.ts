import { DAY_MS, HOUR_MS } from '../../../model/clock.ts';
import { checkState, type Scene, type SceneContext } from '../scene.ts';
import { tokenOrVerdict } from './theft.ts';

export const endScene: Scene = {
  id: 'end',
  async play(context) {
    const { world, tell } = context;
    await world.passUntil(181, 20 * HOUR_MS);
    const { id } = await world.connection('x:alice');
    await tokenOrVerdict(context);
    await tell.say('kippu', 'deadByAge', {});
    await checkState('x:alice', { state: 'reauth_required', reason: 'rejected_unknown' }, context);
    await tell.check('endedAtX', { day: lastDayAtX(context) }, { day: 180 });
    // What has died of age was not stolen: still the one alarm, from the first day.
    await tell.check('reuseEvents', { count: (await world.events('connection.reuse_detected')).length }, { count: 1 });
    const { connection } = await world.connect('alice', id);
    await tell.say('alice', 'consentsAgain', {});
    await checkState('x:alice', { state: 'active' }, context);
    await tell.check('sameConnection', { same: connection.id === id }, { same: true });
  },
};

/** When the refresh token that nobody has used ended, by the simulator's own book. */
function lastDayAtX({ world }: SceneContext): number {
  const unused = world.provider
    .state()
    .tokens.findLast(
      ({ kind, spentAtMs, revokedAtMs }) => kind === 'refresh' && spentAtMs === null && revokedAtMs === null,
    );
  return Math.floor(((unused?.expiresAtMs ?? world.clock.startMs) - world.clock.startMs) / DAY_MS);
}
