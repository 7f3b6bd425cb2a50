import type { Config } from '../../app/config.ts';
import type { App } from '../../app/open.ts';
import { createLateLog, openConfigured } from '../../app/system.ts';
import type { Cli } from '../cli.ts';

/** The store and everything around it, in this process; says aloud what a start must say. */
export async function openForCli(config: Config, cli: Cli): Promise<App> {
  // A command speaks for itself: of the log only what goes wrong, unless somebody asked for more.
  const isLevelGiven = config.settings.get('KIPPU_LOG_LEVEL') !== undefined;
  const log = createLateLog({ ...config, logLevel: isLevelGiven ? config.logLevel : 'error' });
  const app = await openConfigured(config, { log, outside: await cli.outsideWorld() });
  if (app.newRing !== undefined) cli.say(cli.texts.general.newRing(app.newRing));
  return app;
}
