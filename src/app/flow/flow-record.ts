import type { Clock } from '../../model/clock.ts';
import type { HttpAnswer, HttpRequest } from '../../model/http.ts';
import { identityUrl } from '../../protocol/identity.ts';
import type { ProviderApp } from '../../providers/provider-app.ts';
import type { FlowStep, StepNumber } from './flow-step.ts';
import { fieldsOf, keysIn, Labels, maskAnswer, maskFields, maskRequest } from './masking.ts';

/** A user who opens the link again and again makes no endless list. */
const STEPS_MAX = 50;

/** How a consent that came back ended, as far as a learner is concerned. */
export type ArrivalEnd = 'accepted' | 'denied' | 'refused' | 'not_ours';

/**
 * The steps of one consent, as they happen. It recognises the flow's own requests by the secrets that they carry: the
 * code that came back, the access token that was issued, the refresh token. So it needs to know nothing of how an
 * exchange is made, and what it shows is what was sent.
 */
export class FlowRecord {
  readonly #app: ProviderApp;
  readonly #clock: Clock;
  readonly #labels = new Labels();
  readonly #steps: FlowStep[] = [];
  /** The browser is back, and it is not yet known whether its answer is one to trust. */
  #arrival: FlowStep | undefined;

  constructor(app: ProviderApp, clock: Clock) {
    this.#app = app;
    this.#clock = clock;
  }

  get steps(): readonly FlowStep[] {
    return this.#steps;
  }

  /** Step 1: what was asked of us. */
  begun(url: string, scopes: readonly string[]): void {
    const { provider } = this.#app;
    const fields = { provider: provider.id, scope: scopes.join(provider.scopes.separator) };
    this.#add({ step: 1, request: { method: 'POST', url, headers: {}, fields } });
  }

  /**
   * Steps 2 and 3: the browser was sent to this address, or the request went ahead of it (RFC 9126), and now its user
   * decides.
   */
  departed(address: string, pushedTo?: string): void {
    const url = new URL(address);
    const way =
      pushedTo === undefined ? { method: 'GET', url: url.origin + url.pathname } : { method: 'POST', url: pushedTo };
    const clear = new Set(Object.keys(this.#app.provider.authorizationParams ?? {}));
    const fields = maskFields(url.searchParams, this.#labels, { clear });
    this.#add({ step: 2, request: { ...way, headers: {}, fields } });
    this.#add({ step: 3, state: 'unseen' });
  }

  isOf(state: string): boolean {
    return this.#labels.knows('state', state);
  }

  /** Step 4, as long as nothing speaks against it. */
  arrived(url: string, params: URLSearchParams): void {
    const fields = maskFields(params, this.#labels);
    this.#arrival = this.#made({ step: 4, request: { method: 'GET', url, headers: {}, fields } });
  }

  arrivalEnded(end: ArrivalEnd): void {
    const arrival = this.#arrival;
    this.#arrival = undefined;
    if (arrival === undefined || end === 'not_ours') return;
    this.#push(end === 'accepted' ? arrival : { ...arrival, state: end === 'denied' ? 'refused' : 'failed' });
  }

  /** What to do with the answer to a request of this flow; nothing for any other request. */
  hears(request: HttpRequest): ((answer: HttpAnswer) => void) | undefined {
    const form = fieldsOf(request);
    if (this.#labels.knows('code', form.get('code') ?? '')) return this.#hearsExchange(request);
    if (this.#labels.knows('refresh_token', form.get('refresh_token') ?? '') && !this.#has(8))
      return (answer) => this.#addCall(8, request, answer);
    const exchanged = this.#app.provider.renewal?.exchange.tokenParameter;
    if (exchanged !== undefined && this.#labels.knows('access_token', form.get(exchanged) ?? '') && !this.#has(8))
      return (answer) => this.#addCall(8, request, answer);
    const bearer = request.headers['authorization']?.replace(/^(Bearer|DPoP) /, '') ?? '';
    const isIdentity = request.url === identityUrl(this.#app);
    if (isIdentity && this.#labels.knows('access_token', bearer)) return (answer) => this.#addCall(7, request, answer);
    return undefined;
  }

  /** Step 5 as it is sent, step 6 as it is answered. */
  #hearsExchange(request: HttpRequest): (answer: HttpAnswer) => void {
    this.arrivalEnded('accepted');
    this.#add({ step: 5, request: maskRequest(request, this.#app.clientId, this.#labels) });
    return (answer) => {
      this.#add({ step: 6, state: stateOf(answer), answer: maskAnswer(answer, this.#labels, { request }) });
    };
  }

  #addCall(step: StepNumber, request: HttpRequest, answer: HttpAnswer): void {
    const { subject, handle } = this.#app.provider.identity;
    const clear = new Set([subject, handle].map((pointer) => pointer.slice(1).replaceAll('/', '.')));
    this.#add({
      step,
      state: stateOf(answer),
      request: maskRequest(request, this.#app.clientId, this.#labels),
      answer: maskAnswer(answer, this.#labels, { request, clear }),
    });
  }

  #has(step: StepNumber): boolean {
    return this.#steps.some((done) => done.step === step);
  }

  #add(seen: Pick<FlowStep, 'step'> & Partial<FlowStep>): void {
    this.#push(this.#made(seen));
  }

  #made({ step, state = 'done', request, answer }: Pick<FlowStep, 'step'> & Partial<FlowStep>): FlowStep {
    return { step, atMs: this.#clock.nowMs(), state, keys: keysIn(request, answer), request, answer };
  }

  #push(step: FlowStep): void {
    if (this.#steps.length < STEPS_MAX) this.#steps.push(step);
  }
}

function stateOf(answer: HttpAnswer): FlowStep['state'] {
  return answer.kind === 'answered' && answer.status >= 200 && answer.status < 300 ? 'done' : 'failed';
}
