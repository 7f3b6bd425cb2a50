import { join } from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { KippuError } from '../../model/errors.ts';
import type { StartOptions } from '../../sim/index.ts';
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
    .argument('[provider...]', texts.provider)
    .helpGroup(cli.texts.program.groups.start)
    .description(texts.description)
    .option('--port <n>', texts.port)
    .option('--fast <factor>', texts.fast)
    .option('--fault <fault>', texts.fault, collect, [])
    .option('--directory <dir>', texts.directory)
    .option('--sandbox', texts.sandbox)
    .option('--json', texts.json)
    .action((providers: readonly string[], flags: SimulateFlags) => simulate(providers, flags, cli));
}

/** Simulators alone, one a provider, until a signal. What they have answered is kept if they have a directory. */
async function simulate(wanted: readonly string[], flags: SimulateFlags, cli: Cli): Promise<void> {
  const { parseFault } = await import('../../sim/index.ts');
  const { ownProviders } = await cli.readSettings();
  const providers = await providersNamed([...new Set(wanted.length === 0 ? ['x'] : wanted)], ownProviders);
  const faults = flags.fault.map(parseFault);
  const firstPort = numberOf('--port', flags.port);
  const running: Running[] = [];
  try {
    for (const [index, provider] of providers.entries()) {
      const isOneOfMany = providers.length > 1;
      running.push(
        await start({
          provider,
          port: firstPort === undefined || firstPort === 0 ? firstPort : firstPort + index,
          directory:
            flags.directory === undefined || !isOneOfMany ? flags.directory : join(flags.directory, provider.id),
          fast: numberOf('--fast', flags.fast),
          faults: faults.flatMap((fault) => (fault.kind === 'fault' ? [fault.order] : [])),
          settings: Object.assign(
            {},
            ...faults.map((fault) => (fault.kind === 'settings' ? fault.patch : {})),
          ) as object,
          ...(flags.sandbox === true ? { clients: await sandboxClients() } : {}),
          onRequest: ({ method, path, status, delivery }) => {
            const name = isOneOfMany ? `${provider.id} ` : '';
            cli.say(`${new Date(cli.nowMs()).toISOString()} ${name}${method} ${path} ${status} ${delivery}`);
          },
        }),
      );
    }
    announce(running, flags, cli);
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
    });
  } finally {
    await Promise.all(running.map(({ close }) => close()));
  }
}

type Provider = StartOptions['provider'];

interface Running {
  readonly provider: Provider;
  readonly url: string;
  readonly close: () => Promise<void>;
}

async function providersNamed(ids: readonly string[], own: readonly Provider[]): Promise<readonly Provider[]> {
  const { CATALOGUE } = await import('../../app/catalogue.ts');
  const all = [...CATALOGUE, ...own];
  return ids.map((wanted) => {
    const known = all.find(({ id }) => id === wanted);
    if (known !== undefined) return known;
    throw new KippuError(
      'invalid',
      `There is no simulator of "${wanted}". There is one of: ${all.map(({ id }) => id).join(', ')}.`,
      { where: 'provider' },
    );
  });
}

async function start(options: StartOptions): Promise<Running> {
  const { startSimulator } = await import('../../sim/index.ts');
  const running = await startSimulator(options);
  return { provider: options.provider, url: running.url, close: () => running.close() };
}

/** As data: an object for one, a list for several. */
function announce(running: readonly Running[], { json }: SimulateFlags, cli: Cli): void {
  if (json === true) {
    const addresses = running.map(({ provider, url }) => ({ provider: provider.id, url }));
    cli.printJson(addresses.length === 1 ? addresses[0] : addresses);
    return;
  }
  for (const { provider, url } of running) cli.print(SIMULATE_TEXTS[cli.language].running(provider.name, url));
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
