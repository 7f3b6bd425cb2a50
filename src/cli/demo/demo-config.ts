import { join } from 'node:path';
import { readConfig, type Config } from '../../app/config.ts';
import { readSettings } from '../../app/read-settings.ts';

export const DEMO_CLIENT_ID = 'kippu-demo';

export interface DemoPlace {
  /** The temporary folder that holds everything. */
  readonly directory: string;
  readonly simulatorUrl: string;
}

/** Read as any configuration is, from the folder of the demo alone: nothing of the user's own comes in. */
export async function demoConfig({ directory, simulatorUrl }: DemoPlace): Promise<Config> {
  const settings = await readSettings({
    flags: {
      KIPPU_HOME: join(directory, 'home'),
      KIPPU_DATABASE_URL: `sqlite:${join(directory, 'kippu.db')}`,
      KIPPU_SANDBOX: '0',
      KIPPU_X_CLIENT_ID: DEMO_CLIENT_ID,
      KIPPU_X_BASE_URL: simulatorUrl,
    },
    environment: {},
    directory,
  });
  return readConfig(settings, { directory, isTerminal: false, isProduction: false, simulatorUrl: () => simulatorUrl });
}
