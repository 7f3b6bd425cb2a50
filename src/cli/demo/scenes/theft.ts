import { revokeConnection } from '../../../app/connections.ts';
import { HOUR_MS, MINUTE_MS } from '../../../model/clock.ts';
import { KippuError } from '../../../model/errors.ts';
import { checkState, type Scene } from '../scene.ts';

export const theftScene: Scene = {
  id: 'theft',
  async play(context) {
    const { world, tell, outsider } = context;
    await world.passUntil(0, 8 * HOUR_MS + 11 * MINUTE_MS);
    await world.token('x:alice');
    await tell.say('kippu', 'ordinaryRenewal', {});
    const { id } = await world.connection('x:alice');

    await world.passUntil(0, 8 * HOUR_MS + 30 * MINUTE_MS);
    await tell.say('thief', 'copies', {});
    const stolen = await outsider.presentRefreshToken(world.overheard.latestRefreshToken());
    await tell.say('x', 'cannotTell', {});
    await tell.check('thiefRenewed', { status: stolen.status }, { status: 200 });

    await world.passUntil(0, 10 * HOUR_MS + 11 * MINUTE_MS);
    await tell.say('kippu', 'ownerIsRefused', {});
    await tokenOrVerdict(context);
    await checkState('x:alice', { state: 'reauth_required', reason: 'rejected_unknown' }, context);
    const alarms = await world.events('connection.reuse_detected');
    await tell.check('reuseEvents', { count: alarms.length }, { count: 1 });
    const { certainty, evidence } = alarms[0]?.data ?? {};
    await tell.say('kippu', 'reuseDetected', { certainty: String(certainty), evidence: String(evidence) });

    await world.passUntil(0, 10 * HOUR_MS + 15 * MINUTE_MS);
    await revokeConnection(id, { localOnly: false }, world.app);
    await tell.say('kippu', 'revokes', {});
    const again = await world.connect('alice', id);
    await tell.say('alice', 'consentsAgain', {});
    await checkState('x:alice', { state: 'active' }, context);
    await tell.check('sameConnection', { same: again.connection.id === id }, { same: true });
    await tell.say('thief', 'thiefTriesAgain', {});
    const { status: refresh } = await outsider.presentRefreshToken(stolen.refreshToken);
    const { status: access } = await outsider.whoAmI(stolen.accessToken);
    await tell.check('thiefLockedOut', { refresh, access }, { refresh: 400, access: 401 });
    await tell.draw();
  },
};

/** The caller is told to let the user consent again; anything else goes its way. */
export async function tokenOrVerdict({ world }: Pick<Parameters<Scene['play']>[0], 'world'>): Promise<string> {
  try {
    await world.token('x:alice');
    return 'served';
  } catch (error) {
    if (error instanceof KippuError && error.code === 'reauth_required') return error.code;
    throw error;
  }
}
