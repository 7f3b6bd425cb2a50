import { createHash } from 'node:crypto';
import type { ExchangeWatch, HttpAnswer, HttpClient, HttpRequest } from '../../src/model/http.ts';
import { controlsOf, type SimulationControls } from '../../src/sim/controls.ts';
import type { FaultOrder } from '../../src/sim/faults.ts';
import { simHttpClient, type Road } from '../../src/sim/http-client.ts';
import { Simulator } from '../../src/sim/simulator.ts';
import type { Random } from '../../src/model/random.ts';
import type { Provider } from '../../src/providers/provider.ts';
import type { ProcessLife } from './process-life.ts';
import { msOf, type Span } from './span.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** One request as it went out. */
export interface SentRequest {
  readonly node: string;
  readonly atMs: number;
  readonly path: string;
  readonly form: URLSearchParams;
  /** Of the refresh token or the code in it. */
  readonly presented: string | undefined;
}

/** The provider of a world: a simulator in this process, with the words that a story needs. */
export class ProviderSide {
  readonly controls: SimulationControls;
  readonly simulator: Simulator;
  readonly sent: SentRequest[] = [];
  readonly #clock: VirtualClock;
  #scripted: ((request: HttpRequest) => HttpAnswer | undefined) | undefined;

  constructor({
    provider,
    clock,
    random,
  }: {
    readonly provider: Provider;
    readonly clock: VirtualClock;
    readonly random: Random;
  }) {
    this.#clock = clock;
    this.simulator = new Simulator({ provider, clock, random });
    this.controls = controlsOf(this.simulator);
  }

  /** Handled, and the answer is lost. */
  loseNextAnswer(): void {
    this.controls.faults.loseNextAnswer('token');
  }

  /** Not handled, and nobody can tell. */
  loseNextRequest(): void {
    this.controls.faults.loseNextRequest('token');
  }

  loseNextAnswers(count: number): void {
    this.order({ endpoint: 'token', fault: 'lose', count });
  }

  loseNextRequests(count: number): void {
    this.order({ endpoint: 'token', fault: 'lose_request', count });
  }

  delayNextAnswer(span: Span): void {
    this.controls.faults.delayNextAnswer('token', msOf(span));
  }

  cutNextAnswer(): void {
    this.controls.faults.cutNextAnswer('token');
  }

  /** Answers the token endpoint's next requests so, without handling them. */
  answerNext(status: number, body: FaultOrder['body'] = '', more: Partial<FaultOrder> = {}): void {
    this.order({ endpoint: 'token', fault: 'status', status, body, ...more });
  }

  order(order: FaultOrder): void {
    this.controls.faults.order(order);
  }

  /** The user removes the app at the provider. */
  removeApp(user: string): void {
    this.controls.removeApp(user);
  }

  /** Answers from the given function until it gives nothing; for answers that the simulator does not play. */
  script(answer: (request: HttpRequest) => HttpAnswer | undefined): void {
    this.#scripted = answer;
  }

  /** Refresh tokens that were exchanged, over all grants. */
  get renewals(): number {
    return this.controls.state().counts.renewals;
  }

  /** Presentations of a refresh token that was spent already. */
  get reuses(): number {
    return this.controls.state().counts.presentedTwice;
  }

  /** Requests that carried a refresh token to the token endpoint. */
  get presentations(): readonly SentRequest[] {
    return this.sent.filter(({ form }) => form.get('grant_type') === 'refresh_token');
  }

  sentTo(path: string): readonly SentRequest[] {
    return this.sent.filter((request) => request.path === path);
  }

  /** How the grant of this user stands at the provider. */
  isGrantAlive(user: string): boolean {
    return this.controls.state().grants.some((grant) => grant.user === user && grant.end === null);
  }

  /** Whether the provider would accept this access or refresh token now. */
  knowsAsGood(token: string): boolean {
    const fingerprint = createHash('sha256').update(token).digest('base64url').slice(0, 16);
    const found = this.controls.state().tokens.find((candidate) => candidate.fingerprint === fingerprint);
    const isOver = found?.expiresAtMs !== null && found !== undefined && found.expiresAtMs <= this.#clock.nowMs();
    return found !== undefined && found.spentAtMs === null && found.revokedAtMs === null && !isOver;
  }

  /** The network as one process of one node reaches it. */
  http(node: string, life: ProcessLife, road: () => Road): HttpClient {
    return {
      send: async (request: HttpRequest, watch: ExchangeWatch = {}): Promise<HttpAnswer> => {
        const { connectMs = 0, ...end } = road();
        if (connectMs > 0) await this.#clock.sleep(Math.min(connectMs, request.connectTimeoutMs));
        // A process that is paused while it connects goes on from here when it runs again.
        await life.turn();
        const direct = simHttpClient({
          simulator: this.simulator,
          clock: this.#clock,
          road: () => (connectMs > request.connectTimeoutMs ? { fails: 'connect' } : end),
        });
        const noted: ExchangeWatch = {
          mayStillSend: () => watch.mayStillSend?.() ?? true,
          sent: () => {
            watch.sent?.();
            this.#note(node, request);
          },
        };
        const answer = this.#answerByScript(request, noted) ?? (await direct.send(request, noted));
        await life.turn();
        return answer;
      },
    };
  }

  #answerByScript(request: HttpRequest, watch: ExchangeWatch): HttpAnswer | undefined {
    const answer = this.#scripted?.(request);
    if (answer !== undefined) watch.sent?.();
    return answer;
  }

  #note(node: string, request: HttpRequest): void {
    const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
    const secret = form.get('refresh_token') ?? form.get('code') ?? form.get('device_code');
    this.sent.push({
      node,
      atMs: this.#clock.nowMs(),
      path: new URL(request.url).pathname,
      form,
      presented: secret === null ? undefined : createHash('sha256').update(secret).digest('base64url'),
    });
  }
}

/** An answer with a JSON body. */
export function jsonAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { kind: 'answered', status, headers, body: Buffer.from(JSON.stringify(body)), complete: true };
}
