import { KippuError } from '../model/errors.ts';
import { CATALOGUE, type Provider } from '../providers/index.ts';
import { controlsOf, type SimulationControls } from './controls.ts';
import { startSimulator, type StartOptions } from './server.ts';

/** All optional: see {@link StartOptions}. */
export type SimulateOptions = Omit<StartOptions, 'provider'>;

/**
 * A simulated provider that runs, and the strings to pull.
 *
 * @example
 * ```ts
 * import type { Simulation } from 'kippu/sim';
 * export function renewalsSeenBy(sim: Simulation): number {
 *   sim.faults.loseNextAnswer('token');
 *   return sim.state().counts.renewals;
 * }
 * ```
 */
export interface Simulation extends SimulationControls, AsyncDisposable {
  /** Origin of all endpoints, as in `http://127.0.0.1:40213`; also the simulator's own page. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a simulated provider on a free loopback port, for the tests of any application.
 *
 * What it does on the wire is the provider's data together with recorded answers (see `evidence` there); what nobody has
 * confirmed is a switch. Throws `invalid` for an unknown name or bad options.
 *
 * @example
 * ```ts
 * import { simulate } from 'kippu/sim';
 * export async function lostAnswersAreNotRepeated(renewInMyApp: (baseUrl: string) => Promise<void>): Promise<boolean> {
 *   await using sim = await simulate('x', { fast: 60 });
 *   sim.faults.loseNextAnswer('token');
 *   await renewInMyApp(sim.url);
 *   return sim.state().counts.presentedTwice === 0;
 * }
 * ```
 */
export async function simulate(provider: string | Provider, options: SimulateOptions = {}): Promise<Simulation> {
  const running = await startSimulator({
    ...options,
    provider: typeof provider === 'string' ? providerNamed(provider) : provider,
  });
  return {
    ...controlsOf(running.simulator),
    url: running.url,
    close: () => running.close(),
    [Symbol.asyncDispose]: () => running.close(),
  };
}

function providerNamed(id: string): Provider {
  const provider = CATALOGUE.find((one) => one.id === id);
  if (provider !== undefined) return provider;
  throw new KippuError(
    'invalid',
    `There is no provider "${id}". There are: ${CATALOGUE.map((one) => one.id).join(', ')}.`,
    { where: 'provider' },
  );
}
