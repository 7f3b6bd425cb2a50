import type { Clock } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { Random } from '../model/random.ts';
import { isLoopback } from '../providers/provider-app.ts';
import type { Provider } from '../providers/provider.ts';
import { answerControl, CONTROL_PREFIX } from './control.ts';
import { apply, type SimEvent } from './events.ts';
import { faultFor, faultOf, type FaultOrder } from './faults.ts';
import { memoryJournal, type Journal } from './journal.ts';
import { newName } from './names.ts';
import { networkOf } from './networks/index.ts';
import type { Network } from './networks/network.ts';
import { answerAuthorization, answerConsentForm } from './oauth/consent.ts';
import { answerDeviceCode, answerDeviceForm, answerDevicePage } from './oauth/device-endpoint.ts';
import { answerIntrospection } from './oauth/introspection-endpoint.ts';
import { answerDiscovery, answerKeys } from './oauth/openid-endpoints.ts';
import { answerPushed } from './oauth/pushed-requests.ts';
import { answerRevocation } from './oauth/revocation-endpoint.ts';
import { answerToken } from './oauth/token-endpoint.ts';
import { answerTokenExchange } from './oauth/token-exchange.ts';
import { answerCall } from './proved-call.ts';
import { registrationsOf, type SimClient } from './registrations.ts';
import { defaultSettings, type SettingsPatch } from './settings.ts';
import { restore, snapshotOf } from './snapshot.ts';
import { emptyState, type SimState } from './state.ts';
import { deliveryOf, replyOf, strikeOf } from './struck.ts';
import { stateView, type StateView } from './view.ts';
import { DELIVERED_WHOLE, jsonReply, pathOf, type Reply, type SimAnswer, type SimRequest } from './wire.ts';
import { justReply, type Decision, type World } from './world.ts';

/** Who is simulated, and what it needs of the world. */
export interface SimulatorOptions {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly random: Random;
  /** Absent: memory only. */
  readonly journal?: Journal | undefined;
  /** Put over the settings of the last start. */
  readonly settings?: SettingsPatch | undefined;
  /** Given: other client ids are refused, and redirect URIs are compared with the registered ones. */
  readonly clients?: readonly SimClient[] | undefined;
  /**
   * How many times faster tokens age: with 60, an hour's token lasts a minute, and `expires_in` says so. Codes, reuse
   * windows, rate windows and posts keep real time.
   */
  readonly fast?: number | undefined;
  /** Moves the clock; given only for a clock that can be moved. */
  readonly advance?: ((ms: number) => void) | undefined;
}

/** A journal longer than this is replaced by a snapshot at the next start. */
const BATCHES_MAX = 2_000;

const NOT_LOOPBACK = jsonReply(421, { error: 'this simulator answers on a loopback address only' });
/** Stands where a request was dropped; nobody ever reads it. */
const UNHANDLED: Reply = { status: 500, headers: {}, body: '' };

interface Route {
  /** What faults know it by; absent for pages and the simulator's own controls. */
  readonly endpoint: string | undefined;
  answer(world: World, request: SimRequest): Decision;
}

/**
 * The other side of a provider's data: consents, token exchanges, revocations, a resource API, with the faults that
 * were ordered. It knows no sockets and no files. A request is answered in one step: find the fault, decide, keep the
 * events, apply them, answer. What was answered is therefore always kept; what was not kept was never answered.
 *
 * @example
 * ```ts
 * import { Simulator, type SimulatorOptions } from 'kippu/sim';
 * export function pageStatus(options: SimulatorOptions): number {
 *   return new Simulator(options).handle({ method: 'GET', url: '/', headers: {}, body: '' }).status;
 * }
 * ```
 */
export class Simulator {
  readonly provider: Provider;
  readonly #options: SimulatorOptions;
  readonly #journal: Journal;
  readonly #network: Network;
  readonly #clients: ReadonlyMap<string, SimClient> | undefined;
  readonly #fast: number;
  readonly #state: SimState;

  /** Reads the journal. Throws `invalid` for options that make no sense, `unreadable` for a damaged journal. */
  constructor(options: SimulatorOptions) {
    this.provider = options.provider;
    this.#options = options;
    this.#journal = options.journal ?? memoryJournal();
    this.#network = networkOf(options.provider);
    this.#clients = registrationsOf(options.provider, options.clients);
    this.#fast = checkedFast(options.fast ?? 1);
    this.#state = this.#recover();
    if (options.settings !== undefined) this.changeSettings(options.settings);
  }

  /** Everything the simulated provider remembers. To look at, never to change. */
  get state(): Readonly<SimState> {
    return this.#state;
  }

  get fast(): number {
    return this.#fast;
  }

  /** Answers one request. Throws `store_unavailable` when the journal cannot be written: then nothing happened. */
  handle(request: SimRequest): SimAnswer {
    if (!isForUs(request)) return { ...NOT_LOOPBACK, delivery: DELIVERED_WHOLE };
    const route = this.#route(request);
    const fault = faultFor(this.#state.faults, route.endpoint);
    const isHandled = fault === undefined || fault.handled;
    const decision = isHandled ? route.answer(this.#world(request), request) : justReply(UNHANDLED);
    this.#commit([...strikeOf(fault), ...decision.events]);
    return { ...replyOf(fault, decision.reply), delivery: deliveryOf(fault) };
  }

  /** What it remembers, as `GET /_sim/state` shows it. */
  view(): StateView {
    return stateView(this.#world(undefined));
  }

  /** Orders a fault for coming requests; it stays ordered across restarts until it struck. */
  orderFault(order: FaultOrder): void {
    this.#commit([{ kind: 'fault_ordered', fault: faultOf(order, newName('fault', this.#options.random)) }]);
  }

  changeSettings(patch: SettingsPatch): void {
    this.#commit([{ kind: 'settings_changed', patch }]);
  }

  #route(request: SimRequest): Route {
    const path = pathOf(request.url);
    const { endpoints } = this.provider;
    const at = (url: string | undefined): boolean => isAt(url, path, this.provider);
    if (path === '/' || path.startsWith(CONTROL_PREFIX)) {
      const controls = { advance: this.#options.advance };
      return { endpoint: undefined, answer: (world) => answerControl(world, request, controls) };
    }
    if (at(endpoints.authorization)) {
      if (request.method === 'GET') return { endpoint: undefined, answer: answerAuthorization };
      if (request.method === 'POST') return { endpoint: undefined, answer: answerConsentForm };
    }
    if (at(endpoints.devicePage)) {
      if (request.method === 'GET') return { endpoint: undefined, answer: answerDevicePage };
      if (request.method === 'POST') return { endpoint: undefined, answer: answerDeviceForm };
    }
    if (request.method === 'POST' && at(endpoints.deviceCode)) {
      return { endpoint: 'device', answer: (world) => answerDeviceCode(world, this.#network, request) };
    }
    if (request.method === 'POST' && at(endpoints.token)) {
      const answer = (world: World): Decision => answerToken(world, this.#network, request);
      const { limited } = this.#network;
      return {
        endpoint: 'token',
        answer: limited === undefined ? answer : (world) => limited(world, 'token', () => answer(world)),
      };
    }
    if (request.method === 'GET' && (at(endpoints.renewal) || at(endpoints.upgrade))) {
      return { endpoint: 'token', answer: (world) => answerTokenExchange(world, this.#network, request) };
    }
    if (request.method === 'POST' && at(endpoints.revocation)) {
      return { endpoint: 'revoke', answer: (world) => answerRevocation(world, this.#network, request) };
    }
    if (request.method === 'POST' && at(endpoints.pushedAuthorization)) {
      return { endpoint: 'push', answer: (world) => answerPushed(world, this.#network, request) };
    }
    if (request.method === 'POST' && at(endpoints.introspection)) {
      return { endpoint: 'introspect', answer: (world) => answerIntrospection(world, this.#network, request) };
    }
    if (request.method === 'GET' && at(endpoints.discovery)) return { endpoint: undefined, answer: answerDiscovery };
    if (request.method === 'GET' && at(endpoints.jwks)) return { endpoint: 'keys', answer: answerKeys };
    return this.#callRoute(request, path);
  }

  /** The resource API; nothing else is here. */
  #callRoute(request: SimRequest, path: string): Route {
    const call = this.#network.call(request.method, path);
    if (call === undefined)
      return { endpoint: undefined, answer: () => justReply(jsonReply(404, { error: 'not found' })) };
    return { endpoint: call.endpoint, answer: (world) => answerCall(world, call, request) };
  }

  #world(request: SimRequest | undefined): World {
    const { provider, clock, random } = this.#options;
    return {
      provider,
      state: this.#state,
      takesPosts: this.#network.takesPosts === true,
      clients: this.#clients,
      fast: this.#fast,
      nowMs: clock.nowMs(),
      origin: originOf(request),
      random,
    };
  }

  /** First durable, then true. */
  #commit(events: readonly SimEvent[]): void {
    if (events.length === 0) return;
    this.#journal.append(events);
    for (const event of events) apply(this.#state, event);
  }

  #recover(): SimState {
    const content = this.#journal.load();
    const defaults = defaultSettings(this.provider);
    const state = content.snapshot === undefined ? emptyState(defaults) : restore(content.snapshot, defaults);
    for (const events of content.batches) for (const event of events) apply(state, event);
    this.#options.advance?.(state.clockAdvancedMs);
    if (content.batches.length > BATCHES_MAX) this.#journal.compact(snapshotOf(state, this.#options.clock.nowMs()));
    return state;
  }
}

function originOf(request: SimRequest | undefined): string | undefined {
  const host = request?.headers['host'];
  return host === undefined ? undefined : `http://${host}`;
}

/** Whether a path is an endpoint's, whichever tenant stands in it. An empty address is nowhere. */
function isAt(url: string | undefined, path: string, { tenancy }: Provider): boolean {
  if (url === undefined || url === '') return false;
  const { pathname } = new URL(url);
  if (tenancy === undefined || pathname === path) return pathname === path;
  const [before, after] = pathname.split(`/${tenancy.segment}/`);
  if (after === undefined || !path.startsWith(`${before}/`) || !path.endsWith(`/${after}`)) return false;
  const tenant = path.slice((before?.length ?? 0) + 1, path.length - after.length - 1);
  return /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(tenant);
}

/** A page that resolves its own name to this machine must not be able to speak to us (DNS rebinding). */
function isForUs(request: SimRequest): boolean {
  const host = request.headers['host'];
  return host === undefined || (URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname));
}

function checkedFast(fast: number): number {
  if (Number.isFinite(fast) && fast > 0) return fast;
  throw new KippuError(
    'invalid',
    `The factor ${fast} is not a number above 0. With 60, a token of an hour lasts a minute.`,
    { where: '--fast' },
  );
}
