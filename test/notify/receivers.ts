import type { Clock } from '../../src/model/clock.ts';
import type { ExchangeWatch, HttpAnswer, HttpClient, HttpRequest } from '../../src/model/http.ts';

export interface Received {
  readonly atMs: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a receiver does with a message: a status, an answer, or nothing for a while. */
export type Reaction = number | HttpAnswer | { readonly afterMs: number; readonly status: number };

/** Receivers of webhooks, by host. Each accepts everything until the test says something else. */
export class Receivers implements HttpClient {
  readonly received: Received[] = [];
  /** Receivers that answer only when time has passed. */
  sleeping = 0;
  readonly #clock: Clock;
  readonly #reactions = new Map<string, (message: Received) => Reaction>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on the receiver `https://NAME.example` reacts so. */
  react(name: string, reaction: Reaction | ((message: Received) => Reaction)): void {
    this.#reactions.set(`${name}.example`, typeof reaction === 'function' ? reaction : () => reaction);
  }

  /** What a receiver got, accepted or not, in order. */
  at(name: string): readonly Received[] {
    return this.received.filter(({ url }) => new URL(url).host === `${name}.example`);
  }

  /** The ids of what a receiver accepted, in order. */
  accepted(name: string): readonly (string | undefined)[] {
    return this.at(name)
      .filter((message) => this.#accepted.has(message))
      .map(({ headers }) => headers['webhook-id']);
  }

  readonly #accepted = new Set<Received>();

  async send(request: HttpRequest, watch: ExchangeWatch = {}): Promise<HttpAnswer> {
    if (watch.mayStillSend?.() === false) return { kind: 'not_sent', cause: 'withdrawn', detail: 'withdrawn' };
    const body = typeof request.body === 'string' ? request.body : Buffer.from(request.body ?? '').toString('utf8');
    const message = { atMs: this.#clock.nowMs(), url: request.url, headers: request.headers, body };
    this.received.push(message);
    watch.sent?.();
    const answer = await this.#answer(request, message);
    if (answer.kind === 'answered' && answer.status >= 200 && answer.status < 300) this.#accepted.add(message);
    return answer;
  }

  async #answer(request: HttpRequest, message: Received): Promise<HttpAnswer> {
    const reaction = (this.#reactions.get(new URL(request.url).host) ?? (() => 204))(message);
    if (typeof reaction === 'number') return answered(reaction);
    if ('kind' in reaction) return reaction;
    this.sleeping += 1;
    await this.#clock.sleep(Math.min(reaction.afterMs, request.answerTimeoutMs));
    this.sleeping -= 1;
    return reaction.afterMs >= request.answerTimeoutMs
      ? { kind: 'unanswered', cause: 'timeout', detail: `no answer within ${request.answerTimeoutMs} ms` }
      : answered(reaction.status);
  }
}

export function answered(status: number, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { kind: 'answered', status, headers, body: new Uint8Array(), complete: true };
}

export const UNREACHABLE: HttpAnswer = { kind: 'not_sent', cause: 'connect', detail: 'ECONNREFUSED for the receiver' };
