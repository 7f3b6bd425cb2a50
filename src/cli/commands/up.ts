import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Config } from '../../app/config.ts';
import { shownDatabase } from '../../app/database-url.ts';
import { firstProvider } from '../../app/first-provider.ts';
import type { App, Outside } from '../../app/open.ts';
import { KippuError } from '../../model/errors.ts';
import { packageFile } from '../../model/package-files.ts';
import { randomText } from '../../model/random.ts';
import { Secret } from '../../model/secret.ts';
import { simulatorUrl, Sandbox } from '../sandbox.ts';
import { EXIT } from '../exit-code.ts';
import type { Cli, FlagSettings } from '../cli.ts';
import { UP_TEXTS, type UpTexts } from '../texts/up-texts.ts';
import { tryNext } from '../try-next.ts';

interface UpFlags {
  readonly port?: string;
  readonly host?: string;
  readonly database?: string;
  readonly sandbox?: boolean;
  readonly worker: boolean;
  readonly server: boolean;
  readonly fast?: string;
}

export function registerUp(program: Command, cli: Cli): void {
  const texts = UP_TEXTS[cli.language];
  program
    .command('up')
    .helpGroup(cli.texts.program.groups.start)
    .description(texts.description)
    .option('--port <n>', texts.port)
    .option('--host <h>', texts.host)
    .option('--database <url>', texts.databaseUrl)
    .option('--sandbox', texts.sandbox)
    .option('--no-sandbox', texts.withoutSandbox)
    .option('--no-worker', texts.withoutWorker)
    .option('--no-server', texts.withoutServer)
    .option('--fast <factor>', texts.fast)
    .action((flags: UpFlags) => up(flags, cli));
}

/** Server, console and worker, until a signal; then everything under way is settled before the process ends. */
async function up(flags: UpFlags, cli: Cli): Promise<void> {
  if (!flags.server && !flags.worker)
    throw new KippuError('invalid', 'With --no-server and --no-worker nothing is left to run. Leave one of them out.', {
      where: '--no-server',
    });
  const texts = UP_TEXTS[cli.language];
  const settings = settingsOf(flags);
  const config = await cli.readConfig(settings);
  const signals = new Signals();
  const outside = cli.outside ?? (await import('../../app/system.ts')).SYSTEM;
  const sandbox = config.sandbox ? sandboxFor(config, flags, { cli, outside }) : undefined;
  try {
    await sandbox?.start();
    // Again: only now it is known where the simulators are.
    const running = await open(config.sandbox ? await cli.readConfig(settings) : config, flags, { cli, outside });
    if (running === undefined) return;
    try {
      await announce(running, flags, cli, texts);
      await signals.first;
    } finally {
      await stop(running, signals, { cli, texts });
    }
  } finally {
    await sandbox?.stop();
    signals.forget();
  }
}

function settingsOf(flags: UpFlags): FlagSettings {
  return {
    // Of a process without a server it is where that is watched: nobody consents or calls there.
    KIPPU_PORT: flags.server ? flags.port : undefined,
    KIPPU_HOST: flags.host,
    KIPPU_DATABASE_URL: flags.database,
    KIPPU_SANDBOX: flags.sandbox === undefined ? undefined : flags.sandbox ? '1' : '0',
  };
}

function sandboxFor(
  config: Config,
  flags: UpFlags,
  { cli, outside }: { readonly cli: Cli; readonly outside: Outside },
): Sandbox {
  const fast = flags.fast === undefined ? undefined : Number(flags.fast);
  if (fast !== undefined && !(fast > 0))
    throw new KippuError('invalid', `--fast ${flags.fast}: give a factor greater than 0, as in 60.`, {
      where: '--fast',
    });
  return new Sandbox({
    home: config.home,
    providers: config.apps.map((app) => app.provider.id),
    firstPort: config.port + 1,
    fast,
    clock: outside.clock,
    command: [fileURLToPath(packageFile('bin/kippu.mjs'))],
    say: (text) => {
      cli.say(text);
    },
  });
}

interface Running {
  readonly app: App;
  readonly config: Config;
  /** Empty: no server. */
  readonly url: string;
  /** Without a server: where health and metrics are asked for, if anywhere. */
  readonly watchedAt?: string | undefined;
  /** In the order in which they end: no new work, then no new requests, then what is under way. */
  readonly ends: readonly (() => Promise<void>)[];
}

async function open(
  config: Config,
  flags: UpFlags,
  { cli, outside }: { readonly cli: Cli; readonly outside: Outside },
): Promise<Running | undefined> {
  const [
    { createLog, openConfigured },
    { Worker },
    { openDataDirectory },
    { systemProcesses },
    { createServer, checkExposure },
    { listen },
    { version },
  ] = await Promise.all([
    import('../../app/system.ts'),
    import('../../app/worker.ts'),
    import('../../app/data-directory.ts'),
    import('../../app/ports/system-processes.ts'),
    import('../../server/server.ts'),
    import('../../server/listen.ts'),
    import('../version.ts'),
  ]);
  const port = flags.server ? config.port : watchedPort(flags);
  const directory = openDataDirectory(config.rootHome, outside.random);
  const processes = systemProcesses(directory.nodeId());
  const { self } = processes;
  const other = directory.readServer(({ pid, started }) => processes.isGone({ ...self, pid, started }));
  if (other !== undefined && flags.server) {
    await pointAt(other, cli);
    return undefined;
  }
  const log = createLog(config);
  const app = await openConfigured(config, { log, outside });
  const worker = new Worker(app);
  const ends = [() => app.close()];
  try {
    const localKey = new Secret(randomText(outside.random, 32));
    if (port !== undefined) await checkExposure(config, app);
    const server = createServer(app, {
      localKey,
      version: version(),
      worker: flags.worker ? worker : undefined,
      serves: flags.server ? 'everything' : 'monitoring',
    });
    const listening = port === undefined ? undefined : await listen(server, { host: config.host, port });
    if (listening !== undefined) ends.unshift(() => listening.close());
    if (flags.worker) {
      worker.start();
      ends.unshift(() => worker.stop());
    }
    if (!flags.server || listening === undefined) return { app, config, url: '', watchedAt: listening?.url, ends };
    const { url } = listening;
    directory.writeServer({ url, pid: self.pid, started: self.started, key: localKey, version: version() });
    ends.unshift(async () => directory.removeServer(self));
    return { app, config, url, ends };
  } catch (error) {
    // What is to be told is why it did not start.
    await endAll(ends).catch(() => undefined);
    throw error;
  }
}

/** Only where the flag says so: on one machine, KIPPU_PORT is the server's. */
function watchedPort({ port: text }: UpFlags): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (text.trim() !== '' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new KippuError('invalid', `--port ${text} is no port: give a number up to 65535.`, { where: '--port' });
}

/** A second start helps whoever lost the first one's terminal. */
async function pointAt(other: { readonly url: string; readonly key: Secret }, cli: Cli): Promise<void> {
  const response = await fetch(`${other.url}/v1/sign-in-links`, {
    method: 'POST',
    headers: { authorization: `Bearer ${other.key.reveal()}` },
  });
  const { url } = (await response.json()) as { readonly url?: string };
  cli.say(UP_TEXTS[cli.language].alreadyRunning(other.url, url ?? other.url));
  cli.exitCode = EXIT.failed;
}

async function announce(
  { app, config, url, watchedAt }: Running,
  flags: UpFlags,
  cli: Cli,
  texts: UpTexts,
): Promise<void> {
  const lines = [
    url === '' ? texts.noServer : texts.running(config.publicUrl),
    ...(watchedAt === undefined ? [] : [texts.watchedAt(watchedAt)]),
    texts.database(shownDatabase(config.databaseUrl)),
    ...(config.sandbox ? sandboxLines(config, texts) : []),
    ...(flags.worker ? [] : [texts.noWorker]),
    ...(app.newRing === undefined ? [] : ['', texts.newRing(app.newRing)]),
    ...(app.copied === undefined ? [] : ['', texts.copied(app.copied)]),
  ];
  if (url !== '') lines.push('', ...(await signInLines(app, texts)));
  lines.push('', texts.tryNext, ...commandLines(app, config, texts));
  if (config.sandbox) lines.push('', ...texts.realX(`http://127.0.0.1:${config.port}/callback/x`));
  lines.push('', texts.toStop);
  cli.print(lines.join('\n'));
}

/** It serves already: a store that is away for this moment must not end that. */
async function signInLines(app: App, texts: UpTexts): Promise<string[]> {
  const { createSignInLink } = await import('../../app/api-keys.ts');
  try {
    return [texts.signIn, `  ${await createSignInLink(app)}`];
  } catch (error) {
    app.log.error({ err: error }, 'no sign-in link could be made');
    return [texts.noSignIn];
  }
}

function sandboxLines(config: Config, texts: UpTexts): string[] {
  const simulators = config.apps.map(({ provider }) =>
    texts.simulator(provider.name, simulatorUrl(config.home, provider.id) ?? ''),
  );
  return [...simulators, texts.sandboxData(config.home)];
}

function commandLines(app: App, { sandbox: isSandbox }: Config, texts: UpTexts): string[] {
  const commands = tryNext(firstProvider([...app.apps.values()], app.posts.networks), { isSandbox }, texts);
  const prefix = process.env['npm_lifecycle_event'] === undefined ? '' : 'npm run -s kippu -- ';
  return commands.map(
    ([command, what]) => `  ${prefix}${prefix === '' ? command : command.slice('kippu '.length)}   # ${what}`,
  );
}

async function stop(
  { app, ends }: Running,
  signals: Signals,
  { cli, texts }: { readonly cli: Cli; readonly texts: UpTexts },
): Promise<void> {
  cli.say(texts.draining(app.flights.underWay));
  const settled = endAll(ends);
  const first = await Promise.race([settled, signals.second.then(() => 'leave' as const)]);
  cli.say(first === 'settled' ? texts.stopped : texts.leaving);
  if (first === 'leave') cli.exitCode = EXIT.interrupted;
}

/** What one of them cannot end must not keep the others, and so the process, alive. */
async function endAll(ends: Running['ends']): Promise<'settled'> {
  const failures: unknown[] = [];
  for (const end of ends) await end().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
  return 'settled';
}

/** The first signal asks for a good end, the second for any. */
class Signals {
  readonly first: Promise<void>;
  readonly second: Promise<void>;
  readonly #listener: () => void;

  constructor() {
    const resolvers: (() => void)[] = [];
    let lastAtMs = Number.NEGATIVE_INFINITY;
    this.first = new Promise((resolve) => resolvers.push(resolve));
    this.second = new Promise((resolve) => resolvers.push(resolve));
    this.#listener = () => {
      // A terminal and npm both deliver the same Ctrl-C: within a second they are one.
      const isSame = performance.now() - lastAtMs < SAME_SIGNAL_MS;
      lastAtMs = performance.now();
      if (!isSame) resolvers.shift()?.();
    };
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  forget(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}

const SAME_SIGNAL_MS = 1000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
