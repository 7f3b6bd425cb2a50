import { KippuError } from '../model/errors.ts';
import { span } from '../providers/shape.ts';
import type { FaultEndpoint, FaultOrder } from './faults.ts';
import type { SettingsPatch } from './settings.ts';
import type { Simulator } from './simulator.ts';
import type { StateView } from './view.ts';

/**
 * What a test does to a simulated provider from behind, as the simulator's page does it from the front.
 *
 * @example
 * ```ts
 * import type { SimulationControls } from 'kippu/sim';
 * export function twoHoursLater(sim: SimulationControls): number {
 *   sim.advance(7_200_000);
 *   sim.set({ familyKill: true });
 *   sim.removeApp('alice');
 *   return sim.state().grants.filter(({ end }) => end !== null).length;
 * }
 * ```
 */
export interface SimulationControls {
  readonly faults: FaultControls;
  /**
   * Consents as the user would in the browser and returns the redirect that the browser would follow. Throws `invalid`
   * when the page would show a problem instead of redirecting.
   */
  consent(authorizationUrl: string, choice: { readonly user: string; readonly decision?: 'allow' | 'deny' }): string;
  /**
   * Types a device's code at the provider, as its user would. Throws `invalid` when no device waits with this code: it was
   * typed before, is over, or is another one.
   */
  typeUserCode(userCode: string, choice: { readonly user: string; readonly decision?: 'allow' | 'deny' }): void;
  /** The user removes the app at the provider: all his grants end, access tokens included. */
  removeApp(user: string): void;
  /**
   * How many followers a user has from now on, and how many more with every day that passes (fewer, below 0). Throws
   * `invalid` for what is no handle, and for a count that is no whole number.
   */
  setFollowers(user: string, followers: { readonly count: number; readonly perDay?: number }): void;
  /** Switches what can be switched. Throws `invalid` for a setting that does not exist. */
  set(settings: SettingsPatch): void;
  /** Puts the simulator's clock forward, by milliseconds: tokens end, codes too. Throws `invalid` for a clock that cannot be moved. */
  advance(ms: number): void;
  /** Tokens are signed with a new key from now on. The old ones stay published, unless they are withdrawn. */
  rotateKeys(rotation?: { readonly withdraw?: boolean }): void;
  /** What the provider remembers; never a token. */
  state(): StateView;
}

/**
 * Each waits for the next request to its endpoint (`token` when none is named), also across a restart.
 *
 * @example
 * ```ts
 * import type { FaultControls } from 'kippu/sim';
 * export function aBadDay(faults: FaultControls): void {
 *   faults.loseNextAnswer('token');
 *   faults.failNext('tweets', 503);
 *   faults.delayNextAnswer('me', 5_000);
 * }
 * ```
 */
export interface FaultControls {
  /** Handles the request and loses the answer: the refresh token is spent, and nobody has the new one. */
  loseNextAnswer(endpoint?: FaultEndpoint): void;
  /** Drops the request unhandled; the client cannot tell the difference. */
  loseNextRequest(endpoint?: FaultEndpoint): void;
  /** Handles the request at once and answers this many milliseconds later. */
  delayNextAnswer(endpoint: FaultEndpoint, delayMs: number): void;
  /** Announces the whole body and sends half of it. */
  cutNextAnswer(endpoint?: FaultEndpoint): void;
  /** Answers with this status (400 to 599) instead of handling the request. */
  failNext(endpoint: FaultEndpoint, status: number): void;
  order(order: FaultOrder): void;
}

/**
 * The controls of a simulator in this process; it needs no server.
 *
 * @example
 * ```ts
 * import { controlsOf, Simulator, type SimulatorOptions } from 'kippu/sim';
 * export function withALostAnswer(options: SimulatorOptions): Simulator {
 *   const simulator = new Simulator(options);
 *   controlsOf(simulator).faults.loseNextAnswer('token');
 *   return simulator;
 * }
 * ```
 */
export function controlsOf(simulator: Simulator): SimulationControls {
  const order = (fault: FaultOrder): void => void post(simulator, '/_sim/faults', fault);
  return {
    faults: {
      loseNextAnswer: (endpoint = 'token') => order({ endpoint, fault: 'lose' }),
      loseNextRequest: (endpoint = 'token') => order({ endpoint, fault: 'lose_request' }),
      delayNextAnswer: (endpoint, delayMs) => {
        // JSON, which the order travels as, has no NaN: it would be an order without a delay.
        span(delayMs, 'delayMs');
        order({ endpoint, fault: 'delay', delay_ms: delayMs });
      },
      cutNextAnswer: (endpoint = 'token') => order({ endpoint, fault: 'cut' }),
      failNext: (endpoint, status) => order({ endpoint, fault: 'status', status }),
      order,
    },
    consent: (authorizationUrl, { user, decision = 'allow' }) => {
      const answer = post(simulator, '/_sim/consent', { authorization_url: authorizationUrl, user, decision });
      return String(answer['redirect_url']);
    },
    typeUserCode: (userCode, { user, decision = 'allow' }) =>
      void post(simulator, '/_sim/device', { user_code: userCode, user, decision }),
    removeApp: (user) => void post(simulator, '/_sim/tokens/revoke', { user }),
    setFollowers: (user, { count, perDay = 0 }) =>
      void post(simulator, '/_sim/followers', { user, count, per_day: perDay }),
    set: (settings) => void post(simulator, '/_sim/settings', settings),
    advance: (ms) => {
      span(ms, 'ms');
      post(simulator, '/_sim/clock', { advance_ms: ms });
    },
    rotateKeys: ({ withdraw = false } = {}) => void post(simulator, '/_sim/keys/rotate', { withdraw }),
    state: () => simulator.view(),
  };
}

function post(simulator: Simulator, url: string, input: unknown): Record<string, unknown> {
  const answer = simulator.handle({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  // Our own controls answer JSON objects.
  const output = JSON.parse(answer.body) as Record<string, unknown>;
  if (answer.status < 400) return output;
  throw new KippuError('invalid', `The simulator refuses: ${String(output['error'])}`);
}
