import type { Logger } from 'pino';
import { MINUTE_MS, type Clock } from '../../model/clock.ts';
import type { Finished } from '../../connect/ending.ts';
import type { ExchangeWatch, HttpAnswer, HttpClient, HttpRequest } from '../../model/http.ts';
import type { ConsentId } from '../../model/ids.ts';
import type { ProviderApp } from '../../providers/provider-app.ts';
import { FlowRecord, type ArrivalEnd } from './flow-record.ts';
import type { FlowStep } from './flow-step.ts';

/** As long as a consent may take, and some more for whoever reads its steps. */
const KEPT_MS = 30 * MINUTE_MS;
const FLOWS_MAX = 20;

interface Kept {
  readonly record: FlowRecord;
  readonly untilMs: number;
}

/**
 * The flows that somebody wants explained, in the memory of the process that makes their requests. It is the HTTP port
 * of connecting and renewing: every request goes through it unchanged, and those of an explained flow are also written
 * down, masked before they are. Nothing of it reaches a disk, and nothing it does can disturb an exchange.
 */
export class Flows implements HttpClient {
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #kept = new Map<ConsentId, Kept>();

  constructor(http: HttpClient, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#http = http;
    this.#clock = clock;
    this.#log = log;
  }

  /** From now on the steps of this consent are kept. */
  begin(id: ConsentId, app: ProviderApp, asked: { readonly url: string; readonly scopes: readonly string[] }): void {
    this.#forgetOld();
    const record = new FlowRecord(app, this.#clock);
    this.#kept.set(id, { record, untilMs: this.#clock.nowMs() + KEPT_MS });
    record.begun(asked.url, asked.scopes);
  }

  /** The steps so far; nothing for a consent that nobody wanted explained, or that another process began. */
  stepsOf(id: ConsentId): readonly FlowStep[] | undefined {
    return this.#kept.get(id)?.record.steps;
  }

  departed(id: ConsentId, address: string, pushedTo?: string): void {
    this.#quietly(() => this.#kept.get(id)?.record.departed(address, pushedTo));
  }

  /** The browser came back. Gives whom to tell how that ended. */
  arrived(url: string, params: URLSearchParams): (finished: Finished) => void {
    const record = this.#records().find((one) => one.isOf(params.get('state') ?? ''));
    this.#quietly(() => record?.arrived(url, params));
    return (finished) => this.#quietly(() => record?.arrivalEnded(endOf(finished)));
  }

  async send(request: HttpRequest, watch?: ExchangeWatch): Promise<HttpAnswer> {
    const hear = this.#kept.size === 0 ? undefined : this.#hearerOf(request);
    const answer = await this.#http.send(request, watch);
    if (hear !== undefined) this.#quietly(() => hear(answer));
    return answer;
  }

  #hearerOf(request: HttpRequest): ((answer: HttpAnswer) => void) | undefined {
    let hear: ((answer: HttpAnswer) => void) | undefined;
    this.#quietly(() => {
      for (const record of this.#records()) hear ??= record.hears(request);
    });
    return hear;
  }

  #records(): FlowRecord[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#kept.values()].filter(({ untilMs }) => nowMs < untilMs).map(({ record }) => record);
  }

  #forgetOld(): void {
    const nowMs = this.#clock.nowMs();
    for (const [id, { untilMs }] of this.#kept) {
      if (nowMs >= untilMs || this.#kept.size >= FLOWS_MAX) this.#kept.delete(id);
    }
  }

  /** Between a token answer and its safety stands nothing that can fail; this least of all. */
  #quietly(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#log.error({ err: error }, 'a step of an explained flow could not be written down');
    }
  }
}

function endOf(finished: Finished): ArrivalEnd {
  if (finished.kind !== 'failed') return 'accepted';
  switch (finished.failure) {
    case 'foreign':
    case 'replayed':
      return 'not_ours';
    case 'denied':
      return 'denied';
    default:
      return 'refused';
  }
}
