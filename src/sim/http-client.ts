import type { Clock } from '../model/clock.ts';
import type { ExchangeWatch, HttpAnswer, HttpClient, HttpRequest } from '../model/http.ts';
import type { Simulator } from './simulator.ts';
import { firstHalf, type SimAnswer } from './wire.ts';

/** What happens between the client and the simulator before the request arrives. */
export interface Road {
  /** How long DNS, connecting and TLS take. */
  readonly connectMs?: number;
  /** The connection does not come up. */
  readonly fails?: 'dns' | 'connect' | 'tls';
}

/** Which simulator, and what lies between. */
export interface SimHttpOptions {
  readonly simulator: Simulator;
  /** The same clock as the simulator's: waiting is its `sleep`. */
  readonly clock: Clock;
  /** Asked once a request. Absent: the road is clear. */
  readonly road?: (request: HttpRequest) => Road;
}

/**
 * The port `HttpClient` straight into a simulator, without a socket: with a virtual clock, years pass in milliseconds
 * and every run is the same. Scheme and host of the URL are ignored: everything goes to this simulator.
 *
 * @example
 * ```ts
 * import { simHttpClient, type SimHttpOptions } from 'kippu/sim';
 * export async function meStatus(options: SimHttpOptions, accessToken: string): Promise<number | undefined> {
 *   const answer = await simHttpClient(options).send({
 *     method: 'GET',
 *     url: 'https://api.x.com/2/users/me',
 *     headers: { authorization: `Bearer ${accessToken}` },
 *     connectTimeoutMs: 5_000,
 *     answerTimeoutMs: 30_000,
 *     bodyBytesMax: 65_536,
 *   });
 *   return answer.kind === 'answered' ? answer.status : undefined;
 * }
 * ```
 */
export function simHttpClient({ simulator, clock, road = () => ({}) }: SimHttpOptions): HttpClient {
  return {
    async send(request: HttpRequest, watch: ExchangeWatch = {}): Promise<HttpAnswer> {
      const { connectMs = 0, fails } = road(request);
      if (connectMs > 0) await clock.sleep(Math.min(connectMs, request.connectTimeoutMs));
      if (connectMs > request.connectTimeoutMs)
        return { kind: 'not_sent', cause: 'connect', detail: `no connection after ${request.connectTimeoutMs} ms` };
      if (fails !== undefined) return { kind: 'not_sent', cause: fails, detail: 'the simulated network refuses' };
      if (watch.mayStillSend?.() === false)
        return { kind: 'not_sent', cause: 'withdrawn', detail: 'withdrawn before the first byte' };
      watch.sent?.();
      return deliver(simulator.handle(toSim(request)), request, clock);
    },
  };
}

function toSim(request: HttpRequest) {
  const url = new URL(request.url);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const body =
    request.body === undefined
      ? ''
      : typeof request.body === 'string'
        ? request.body
        : Buffer.from(request.body).toString('utf8');
  return { method: request.method, url: url.pathname + url.search, headers, body };
}

async function deliver(answer: SimAnswer, request: HttpRequest, clock: Clock): Promise<HttpAnswer> {
  const { delivery, status, headers } = answer;
  if (delivery.delayMs > 0) await clock.sleep(Math.min(delivery.delayMs, request.answerTimeoutMs));
  if (delivery.delayMs > request.answerTimeoutMs)
    return { kind: 'unanswered', cause: 'timeout', detail: `no answer after ${request.answerTimeoutMs} ms` };
  if (delivery.kind === 'lost')
    return { kind: 'unanswered', cause: 'reset', detail: 'the connection ended without an answer' };
  const body = delivery.kind === 'cut' ? firstHalf(answer.body) : Buffer.from(answer.body);
  const isWhole = delivery.kind === 'whole' && body.length <= request.bodyBytesMax;
  return { kind: 'answered', status, headers, body: body.subarray(0, request.bodyBytesMax), complete: isWhole };
}
