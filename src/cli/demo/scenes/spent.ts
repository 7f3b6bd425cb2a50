import { HOUR_MS, MINUTE_MS } from '../../../model/clock.ts';
import { fingerprintText } from '../outsider.ts';
import { checkState, type Scene } from '../scene.ts';

/** An experiment past Kippu, so that nobody takes it for a theft; a theft comes later. */
export const spentScene: Scene = {
  id: 'spent',
  async play(context) {
    const { world, tell, outsider } = context;
    const [spent = ''] = world.overheard.refreshTokens;
    await world.passUntil(0, 2 * HOUR_MS + 5 * MINUTE_MS);
    await tell.say('we', 'isItDead', {});
    await tell.say('we', 'presents', { fingerprint: fingerprintText(spent) });
    const { status, body, error } = await outsider.presentRefreshToken(spent);
    await tell.say('x', 'answers', { status, body });
    await tell.check('refused', { status, error }, { status: 400, error: 'invalid_request' });
    await tell.check('livingRefreshTokens', { count: livingRefreshTokens(context) }, { count: 1 });
    await checkState('x:alice', { state: 'active' }, context);
    await tell.say('kippu', 'whyOnce', {});
  },
};

function livingRefreshTokens({ world }: Parameters<Scene['play']>[0]): number {
  const { tokens, nowMs } = world.provider.state();
  return tokens.filter(
    ({ kind, spentAtMs, revokedAtMs, expiresAtMs }) =>
      kind === 'refresh' && spentAtMs === null && revokedAtMs === null && (expiresAtMs ?? nowMs + 1) > nowMs,
  ).length;
}
