import { storeOpener } from '../../../app/system.ts';
import { HOUR_MS, MINUTE_MS } from '../../../model/clock.ts';
import type { ConnectionId } from '../../../model/ids.ts';
import type { DemoWorld } from '../demo-world.ts';
import { DoomedProcess } from '../doomed-process.ts';
import { checkAccepted, checkState, type Scene } from '../scene.ts';

/** A real process, ended with SIGKILL when the new pair is in the spool and not in the database. */
export const crashScene: Scene = {
  id: 'crash',
  async play(context) {
    const { world, tell, interrupted } = context;
    await world.passUntil(0, 6 * HOUR_MS + 10 * MINUTE_MS);
    const { id } = await world.connection('x:alice');
    const consents = consentsOf('alice', world);
    const before = await storedVersion(id, world);
    await world.stopKippu();
    await tell.say('kippu', 'diskRefuses', {});
    const doomed = new DoomedProcess({
      directory: world.directory,
      simulatorUrl: world.provider.url,
      startMs: world.clock.nowMs(),
      connection: id,
    });
    try {
      await doomed.spooled(interrupted);
      await tell.say('kippu', 'spools', {});
      await tell.say('we', 'kill', { pid: doomed.pid });
    } finally {
      await doomed.kill();
    }
    await tell.check('killed', { signal: await doomed.kill() }, { signal: 'SIGKILL' });
    await tell.check('oldPairStored', { version: await storedVersion(id, world) }, { version: before });

    await world.passUntil(0, 6 * HOUR_MS + 11 * MINUTE_MS);
    await world.startKippu();
    await tell.say('kippu', 'startsAgain', {});
    const spooled = world.app.spool.entries().filter(({ acknowledged }) => acknowledged);
    await tell.check('spooled', { count: spooled.length }, { count: 1 });
    await checkState('x:alice', { state: 'active' }, context);
    await checkAccepted('alice', context);
    await tell.check('consentsNeeded', { count: consentsOf('alice', world) - consents }, { count: 0 });
    await tell.draw();
  },
};

/** From the file itself, whether Kippu runs or not. */
async function storedVersion(id: ConnectionId, { config, outside }: DemoWorld): Promise<number> {
  const store = await storeOpener(config.databaseUrl, false)(outside);
  try {
    return (await store.credentials.read(id))?.version ?? 0;
  } finally {
    await store.close();
  }
}

function consentsOf(user: string, { provider }: DemoWorld): number {
  return provider.state().grants.filter((grant) => grant.user === user).length;
}
