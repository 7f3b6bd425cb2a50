import type { App } from '../../app/open.ts';
import type { Config } from '../../app/config.ts';
import { Secret } from '../../model/secret.ts';
import { randomText } from '../../model/random.ts';
import type { Cli } from '../cli.ts';
import { interruptible, orInterrupted } from '../interrupt.ts';
import { ApiClient } from './client.ts';
import type { Server } from '../../server/server.ts';
import type { Transport } from './transport.ts';

/** What a command has of the API. */
export interface ApiContext {
  readonly api: ApiClient;
  readonly config: Config;
  /** Aborts when the user presses Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** Present where no server runs, and this process does the work itself. */
  readonly local: Local | undefined;
}

export interface Local {
  readonly app: App;
  /** Loaded when it is asked for: what can do without it starts in a third of the time. */
  readonly server: () => Promise<Server>;
}

interface Opened {
  readonly transport: Transport;
  readonly local: Local | undefined;
  close(): Promise<void>;
}

export interface WithApiOptions {
  /** Called where no server runs, before anything is opened or made; what it throws ends the command. */
  readonly beforeOpening?: (config: Config) => Promise<void>;
}

/**
 * Gives `work` the API: of the server that runs, else of one in this process. A Ctrl-C ends the work; a renewal that
 * this process has sent is settled before it ends.
 */
export async function withApi<T>(
  cli: Cli,
  work: (context: ApiContext) => Promise<T>,
  { beforeOpening }: WithApiOptions = {},
): Promise<T> {
  const config = await cli.readConfig();
  return interruptible(async (interrupted) => {
    const opened = await open(config, cli, beforeOpening);
    const { transport, local } = opened;
    try {
      return await orInterrupted(
        work({ api: new ApiClient(transport, interrupted), config, interrupted, local }),
        interrupted,
      );
    } finally {
      if (interrupted.aborted && (local?.app.flights.underWay ?? 0) > 0) cli.say(cli.texts.general.settling);
      await opened.close();
    }
  });
}

async function open(config: Config, cli: Cli, beforeOpening: WithApiOptions['beforeOpening']): Promise<Opened> {
  const [{ findRunningServer }, { isListening, NetworkTransport }, { version }] = await Promise.all([
    import('../../app/running-server.ts'),
    import('./network-transport.ts'),
    import('../version.ts'),
  ]);
  const server = findRunningServer(config.rootHome);
  if (server !== undefined && (await isListening(server))) {
    // After an update the old server may still run: it answers what it knows, and what it does not know looks like a mistake.
    if (server.version !== version()) cli.say(cli.texts.general.otherVersion(server.version, version()));
    return { transport: new NetworkTransport(server), local: undefined, close: async () => undefined };
  }
  await beforeOpening?.(config);
  return openLocally(config, cli);
}

async function openLocally(config: Config, cli: Cli): Promise<Opened> {
  const [{ openForCli }, { InProcessTransport }] = await Promise.all([
    import('./open-for-cli.ts'),
    import('./in-process-transport.ts'),
  ]);
  const app = await openForCli(config, cli);
  const localKey = new Secret(randomText((await cli.outsideWorld()).random, 32));
  let serving: Promise<Server> | undefined;
  const server = (): Promise<Server> => (serving ??= serverFor(app, localKey));
  const transport = new InProcessTransport(server, {
    authorization: `Bearer ${localKey.reveal()}`,
    origin: `http://127.0.0.1:${config.port}`,
  });
  return { transport, local: { app, server }, close: () => app.close() };
}

async function serverFor(app: App, localKey: Secret): Promise<Server> {
  const [{ createServer }, { version }] = await Promise.all([
    import('../../server/server.ts'),
    import('../version.ts'),
  ]);
  return createServer(app, { localKey, version: version() });
}
