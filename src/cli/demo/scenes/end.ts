import { HOUR_MS } from '../../../model/clock.ts';
import { checkState, type Scene } from '../scene.ts';
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
    const { connection } = await world.connect('alice', id);
    await tell.say('alice', 'consentsAgain', {});
    await checkState('x:alice', { state: 'active' }, context);
    await tell.check('sameConnection', { same: connection.id === id }, { same: true });
  },
};
