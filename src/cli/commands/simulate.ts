import process from 'node:process';
import type { Command } from 'commander';
import { KippuError } from '../../model/errors.ts';
import type { Cli } from '../cli.ts';
import { SIMULATE_TEXTS } from '../texts/simulate-texts.ts';

interface SimulateFlags {
  readonly port?: string;
  readonly fast?: string;
  readonly fault: readonly string[];
  readonly directory?: string;
  readonly sandbox?: boolean;
  readonly json?: boolean;
}

export function registerSimulate(program: Command, cli: Cli): void {
  const texts = SIMULATE_TEXTS[cli.language];
  const collect = (value: string, all: readonly string[]): string[] => [...all, value];
  program
    .command('simulate')
    .argument('[provider]', texts.provider, 'x')
    .helpGroup(cli.texts.program.groups.start)
    .description(texts.description)
    .option('--port <n>', texts.port)
    .option('--fast <factor>', texts.fast)
    .option('--fault <fault>', texts.fault, collect, [])
    .option('--directory <dir>', texts.directory)
    .option('--sandbox', texts.sandbox)
    .option('--json', texts.json)
    .action((provider: string, flags: SimulateFlags) => simulate(provider, flags, cli));
}

/** One provider's simulator alone, until a signal. What it has answered is kept if it has a directory. */
async function simulate(provider: string, flags: SimulateFlags, cli: Cli): Promise<void> {
  const [{ parseFault, startSimulator }, { CATALOGUE }] = await Promise.all([
    import('../../sim/index.ts'),
    import('../../app/catalogue.ts'),
  ]);
  const { ownProviders } = await cli.readSettings();
  const all = [...CATALOGUE, ...ownProviders];
  const known = all.find(({ id }) => id === provider);
  if (known === undefined) {
    throw new KippuError(
      'invalid',
      `There is no simulator of "${provider}". There is one of: ${all.map(({ id }) => id).join(', ')}.`,
      { where: 'provider' },
    );
  }
  const faults = flags.fault.map(parseFault);
  const running = await startSimulator({
    provider: known,
    port: numberOf('--port', flags.port),
    directory: flags.directory,
    fast: numberOf('--fast', flags.fast),
    faults: faults.flatMap((fault) => (fault.kind === 'fault' ? [fault.order] : [])),
    settings: Object.assign({}, ...faults.map((fault) => (fault.kind === 'settings' ? fault.patch : {}))) as Record<
      string,
      never
    >,
    ...(flags.sandbox === true ? { clients: await sandboxClients() } : {}),
    onRequest: ({ method, path, status, delivery }) => {
      cli.say(`${new Date(cli.nowMs()).toISOString()} ${method} ${path} ${status} ${delivery}`);
    },
  });
  if (flags.json === true) cli.printJson({ provider, url: running.url });
  else cli.print(SIMULATE_TEXTS[cli.language].running(known.name, running.url));
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });
  await running.close();
}

/** The sandbox's own app is the only one that its simulator knows: a confidential client. */
async function sandboxClients(): Promise<{ readonly id: string; readonly secret: string }[]> {
  const { SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET } = await import('../../app/config.ts');
  return [{ id: SANDBOX_CLIENT_ID, secret: SANDBOX_CLIENT_SECRET }];
}

function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new KippuError('invalid', `${flag} ${text}: give a number.`, { where: flag });
}
