import type { ExchangeWatch, HttpAnswer, HttpClient, HttpRequest } from '../../src/model/http.ts';
import type { Chance } from './chance.ts';
import { Crash, type Life } from './life.ts';
import { exchangedIn, type Handled, type ProviderModel, type RefreshToken } from './provider-model.ts';
import { RECEIVER_URL, type ReceiverModel } from './receiver-model.ts';
import type { Scheduler } from './scheduler.ts';

export const ENDPOINTS = ['token', 'revocation', 'identity', 'post', 'timeline', 'notice'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** What can befall one request. */
export type WireFault =
  | { readonly kind: 'connect_fails'; readonly cause: 'dns' | 'connect' | 'tls' }
  | { readonly kind: 'connect_slow'; readonly ms: number }
  | { readonly kind: 'request_lost' }
  | { readonly kind: 'request_slow'; readonly ms: number }
  | { readonly kind: 'answer_lost'; readonly isSilent: boolean }
  | { readonly kind: 'answer_slow'; readonly ms: number }
  | { readonly kind: 'answer_cut'; readonly share: number }
  | { readonly kind: 'refused_before'; readonly status: number; readonly error: string | undefined }
  | { readonly kind: 'fails_after'; readonly status: number }
  /** A gateway answers in the provider's place; the request is handled all the same, later. */
  | { readonly kind: 'gateway_gives_up'; readonly handledAfterMs: number };

/** One presentation of a refresh token, or one other request, from its first byte to its end. */
export interface Exchange {
  readonly number: number;
  readonly life: Life;
  readonly endpoint: Endpoint;
  readonly request: HttpRequest;
  readonly sentAtMs: number;
  /** The refresh token in it. */
  readonly presented: string | undefined;
  /** It never arrives, or has arrived. */
  isHandledOrLost: boolean;
  /** What the provider made of it, once it has. */
  handled: Handled | undefined;
  /** The answer was lost on the way. */
  isAnswerLost: boolean;
  /** Its sender has the answer, or has stopped listening. */
  endedAtMs: number | undefined;
  delivered: HttpAnswer | undefined;
}

export interface NetworkWatch {
  readonly sent: (exchange: Exchange) => void;
  readonly handled: (exchange: Exchange, fault: WireFault | undefined) => void;
  readonly ended: (exchange: Exchange) => void;
  readonly withdrawn: (life: Life, endpoint: Endpoint) => void;
  /** The fault that befalls this request, if one is due. */
  readonly faultFor: (endpoint: Endpoint, life: Life) => WireFault | undefined;
}

/** A request of a process that has died is handled within this, or never. */
export const AFTER_DEATH_MS = 12_000;

/** The network between our processes and the provider: it delays, loses, cuts and refuses, as the history says. */
export class Network {
  readonly exchanges: Exchange[] = [];
  readonly #scheduler: Scheduler;
  readonly #provider: ProviderModel;
  readonly #receiver: ReceiverModel;
  readonly #chance: Chance;
  readonly #watch: NetworkWatch;

  constructor(
    scheduler: Scheduler,
    { provider, receiver }: { readonly provider: ProviderModel; readonly receiver: ReceiverModel },
    chance: Chance,
    watch: NetworkWatch,
  ) {
    this.#scheduler = scheduler;
    this.#provider = provider;
    this.#receiver = receiver;
    this.#chance = chance;
    this.#watch = watch;
  }

  clientOf(life: Life): HttpClient {
    return { send: (request, watch = {}) => this.#send(life, request, watch) };
  }

  #send(life: Life, request: HttpRequest, watch: ExchangeWatch): Promise<HttpAnswer> {
    return new Promise((resolve) => {
      const endpoint = this.#endpointOf(request);
      const fault = this.#watch.faultFor(endpoint, life);
      const connectMs = fault?.kind === 'connect_slow' ? fault.ms : this.#chance.between(1, 60);
      life.place(Math.min(connectMs, request.connectTimeoutMs), () => {
        if (fault?.kind === 'connect_fails' || connectMs > request.connectTimeoutMs) {
          const cause = fault?.kind === 'connect_fails' ? fault.cause : 'connect';
          resolve({ kind: 'not_sent', cause, detail: 'simulated' });
        } else if (watch.mayStillSend?.() === false) {
          this.#watch.withdrawn(life, endpoint);
          resolve({ kind: 'not_sent', cause: 'withdrawn', detail: 'simulated' });
        } else {
          this.#leave({ life, endpoint, request, fault, resolve });
          heard(() => watch.sent?.());
        }
      });
    });
  }

  #leave(leaving: Leaving): void {
    const { life, endpoint, request, fault } = leaving;
    const exchange: Exchange = {
      ...{ number: this.exchanges.length + 1, life, endpoint, request, sentAtMs: this.#scheduler.nowMs },
      ...{
        presented: presentedIn(request, this.#provider),
        isHandledOrLost: false,
        handled: undefined,
        isAnswerLost: false,
      },
      ...{ endedAtMs: undefined, delivered: undefined },
    };
    this.#watch.sent(exchange);
    this.exchanges.push(exchange);
    const end = (answer: HttpAnswer): void => {
      if (exchange.endedAtMs !== undefined) return;
      exchange.endedAtMs = this.#scheduler.nowMs;
      exchange.delivered = answer;
      this.#watch.ended(exchange);
      leaving.resolve(answer);
    };
    life.place(request.answerTimeoutMs, () => {
      end({ kind: 'unanswered', cause: 'timeout', detail: 'simulated' });
    });
    if (fault?.kind === 'request_lost') {
      exchange.isHandledOrLost = true;
      this.#watch.handled(exchange, fault);
      return;
    }
    if (fault?.kind === 'gateway_gives_up') {
      const answer = answerOf({ status: 504, body: 'gateway time-out' }, undefined);
      life.place(this.#chance.between(1_000, 5_000), () => {
        end(answer);
      });
    }
    const transitMs = transitOf(fault) ?? this.#chance.between(1, 80);
    this.#scheduler.after(transitMs, undefined, () => {
      this.#arrive(exchange, fault, end);
    });
  }

  #arrive(exchange: Exchange, fault: WireFault | undefined, end: (answer: HttpAnswer) => void): void {
    const { life, request } = exchange;
    const nowMs = this.#scheduler.nowMs;
    exchange.isHandledOrLost = true;
    if (life.diedAtMs !== undefined && nowMs > life.diedAtMs + AFTER_DEATH_MS) return;
    const isRefused = fault?.kind === 'refused_before';
    exchange.handled = isRefused
      ? { status: fault.status, body: fault.error === undefined ? '' : { error: fault.error } }
      : exchange.endpoint === 'notice'
        ? this.#receiver.handle(request)
        : this.#provider.handle(request, nowMs);
    exchange.isAnswerLost = fault?.kind === 'answer_lost' || fault?.kind === 'gateway_gives_up';
    this.#watch.handled(exchange, fault);
    if (fault?.kind === 'gateway_gives_up') return;
    if (fault?.kind === 'answer_lost') {
      if (fault.isSilent) return;
      life.place(this.#chance.between(1, 5_000), () => {
        end({ kind: 'unanswered', cause: 'reset', detail: 'simulated' });
      });
      return;
    }
    const answer = answerOf(exchange.handled, fault);
    const travelMs = fault?.kind === 'answer_slow' ? fault.ms : this.#chance.between(1, 80);
    this.#scheduler.after(travelMs, undefined, () => {
      life.place(0, () => {
        end(answer);
      });
    });
  }

  #endpointOf(request: HttpRequest): Endpoint {
    if (request.url === RECEIVER_URL) return 'notice';
    const { pathname } = new URL(request.url);
    const { endpoints, identity } = this.#provider.provider;
    if (exchangedIn(request, this.#provider.provider) !== undefined) return 'token';
    if (pathname === new URL(endpoints.token).pathname) return 'token';
    if (endpoints.revocation !== undefined && pathname === new URL(endpoints.revocation).pathname) return 'revocation';
    if (pathname === identity.path) return 'identity';
    return request.method === 'POST' ? 'post' : 'timeline';
  }
}

interface Leaving {
  readonly life: Life;
  readonly endpoint: Endpoint;
  readonly request: HttpRequest;
  readonly fault: WireFault | undefined;
  readonly resolve: (answer: HttpAnswer) => void;
}

/** The refresh token that this answer brought, as far as it can be read there. */
export function broughtBy({ handled, delivered }: Pick<Exchange, 'handled' | 'delivered'>): RefreshToken | undefined {
  if (handled?.issued === undefined || delivered?.kind !== 'answered') return undefined;
  const text = Buffer.from(delivered.body).toString();
  return text.includes(`"${handled.issued.text}"`) ? handled.issued : undefined;
}

/** To be exchanged, or to be revoked: a refresh token, or the access token where that is what is renewed. */
function presentedIn(request: HttpRequest, { provider }: ProviderModel): string | undefined {
  const { body } = request;
  const exchanged = exchangedIn(request, provider);
  if (exchanged !== undefined) return exchanged.text;
  if (typeof body !== 'string' || body.startsWith('{')) return undefined;
  const form = new URLSearchParams(body);
  const revoked = form.get('token_type_hint') === 'refresh_token' ? form.get('token') : null;
  return form.get('refresh_token') ?? revoked ?? undefined;
}

function transitOf(fault: WireFault | undefined): number | undefined {
  if (fault?.kind === 'request_slow') return fault.ms;
  return fault?.kind === 'gateway_gives_up' ? fault.handledAfterMs : undefined;
}

function answerOf(handled: Handled, fault: WireFault | undefined): HttpAnswer {
  const text = typeof handled.body === 'string' ? handled.body : JSON.stringify(handled.body);
  const body = Buffer.from(text);
  const headers = { 'content-type': 'application/json' };
  if (fault?.kind === 'fails_after') {
    return { kind: 'answered', status: fault.status, headers, body: Buffer.from('oops'), complete: true };
  }
  if (fault?.kind === 'answer_cut') {
    const part = body.subarray(0, Math.floor(body.length * fault.share));
    return { kind: 'answered', status: handled.status, headers, body: part, complete: false };
  }
  return { kind: 'answered', status: handled.status, headers, body, complete: true };
}

/** A process may die in the moment in which its request has left: the request is on its way all the same. */
function heard(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
}
