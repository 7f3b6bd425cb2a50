import { ROLES, STEP_NUMBERS, type StepNumber } from '../../app/flow/flow-step.ts';
import { SECOND_MS } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import { connectionPath, type ApiClient } from '../api/client.ts';
import type { ConnectionJson, ConnectStepJson, ProviderJson } from '../api/json.ts';
import type { Cli } from '../cli.ts';
import { EXPLAIN_TEXTS } from '../texts/explain-texts.ts';
import type { ExplainTexts } from '../texts/explain-wording.ts';
import { instantText, spanText } from '../times.ts';
import { HARD_SPACE } from '../wrap.ts';
import { castLines, stepLines, wrapped } from './step-lines.ts';

/**
 * Shows the steps of a consent as the process that makes its requests has written them down: to a person on stderr, or
 * with `--json` one object a line on stdout. What it gets is masked already.
 */
export class FlowExplainer {
  readonly #api: ApiClient;
  readonly #provider: ProviderJson | undefined;
  readonly #cli: Cli;
  readonly #texts: ExplainTexts;
  readonly #isJson: boolean;
  /** Those of the session's steps that were shown. */
  #shown: readonly ConnectStepJson[] = [];
  #connection: ConnectionJson | undefined;
  #isLost = false;

  private constructor(api: ApiClient, provider: ProviderJson | undefined, cli: Cli, isJson: boolean) {
    this.#api = api;
    this.#provider = provider;
    this.#cli = cli;
    this.#texts = EXPLAIN_TEXTS[cli.language];
    this.#isJson = isJson;
  }

  static async of(
    providerId: string,
    { api, cli, isJson }: { readonly api: ApiClient; readonly cli: Cli; readonly isJson: boolean },
  ): Promise<FlowExplainer> {
    const { items } = await api.get<{ readonly items: readonly ProviderJson[] }>('/v1/providers');
    const provider = items.find(({ id }) => id === providerId);
    const explainer = new FlowExplainer(api, provider, cli, isJson);
    if (!isJson) cli.say(castLines(provider?.name ?? providerId, explainer.#texts));
    return explainer;
  }

  /** Shows what has happened since the last time. */
  async follow(sessionId: string): Promise<void> {
    const steps = await this.#stepsOf(sessionId);
    for (const step of steps.slice(this.#shown.length)) {
      this.#shown = [...this.#shown, step];
      this.#show(step);
    }
  }

  /** Step 8: at once where nothing is real, else pending, with the time and the reason. */
  async renewal(sessionId: string, connection: ConnectionJson): Promise<void> {
    this.#connection = connection;
    if (!connection.renewable) {
      this.#showUnhappened({ state: 'none', dueAt: null, notes: [this.#texts.notes.never] });
    } else if (this.#provider?.simulated === true) {
      await this.#renewNow(sessionId, connection);
    } else {
      this.#showPending(connection);
    }
  }

  /** Keeps what the command itself says apart from the steps. */
  gap(): void {
    if (!this.#isJson) this.#cli.say('');
  }

  /** The consent failed: says which steps will not come. */
  stopped(): void {
    const last = this.#shown.at(-1)?.step;
    if (last !== undefined && !this.#isJson) this.#cli.say(`${wrapped(this.#texts.stopped(last))}\n`);
  }

  async #renewNow(sessionId: string, connection: ConnectionJson): Promise<void> {
    try {
      await this.#api.post(connectionPath(connection.id, '/renew'));
    } catch (error) {
      if (!(error instanceof KippuError)) throw error;
      // The account is connected all the same: a failed lesson is not a failed connect.
      await this.follow(sessionId);
      this.#cli.say(wrapped(this.#texts.renewalFailed(error.message)));
      return;
    }
    await this.follow(sessionId);
  }

  #showPending(connection: ConnectionJson): void {
    const { notes } = this.#texts;
    const dueAt = connection.policy === 'always' ? connection.next_due_at : connection.access_expires_at;
    const when = dueAt === null ? '-' : instantText(Date.parse(dueAt));
    const isRisky = this.#provider?.rotation === 'single-use';
    const why = isRisky ? [notes.pendingWhy(`kippu renew ${connection.name}`)] : [];
    this.#showUnhappened({ state: 'pending', dueAt, notes: [notes.pending(when), ...why] });
  }

  /** Step 8 where it did not happen. */
  #showUnhappened({ state, dueAt, notes }: Unhappened): void {
    const keys = state === 'none' ? [] : (['refresh_token'] as const);
    const { from, to, throughBrowser } = ROLES[8];
    if (this.#isJson) {
      const roles = { from, to, through_browser: throughBrowser };
      this.#printLine({ step: 8, at: null, state, ...roles, keys, request: null, answer: null, due_at: dueAt });
      return;
    }
    this.#cli.say(
      stepLines({ step: 8, keys, request: null, answer: null, isBad: false, notes }, this.#texts, this.#cli),
    );
  }

  #show(step: ConnectStepJson): void {
    if (this.#isJson) {
      this.#printLine(step);
      return;
    }
    const number = STEP_NUMBERS.find((known) => known === step.step);
    if (number === undefined) return;
    const isBad = step.state === 'failed' || step.state === 'refused';
    const notes = this.#notesOf(number, step);
    this.#cli.say(stepLines({ ...step, step: number, isBad, notes }, this.#texts, this.#cli));
  }

  /** The last step also names what was connected. */
  #printLine(step: Readonly<Record<string, unknown>>): void {
    const connection = this.#connection;
    const named = step['step'] === 8 && connection !== undefined;
    this.#cli.print(
      JSON.stringify(named ? { ...step, connection: { id: connection.id, name: connection.name } } : step),
    );
  }

  /** Why a step is as it is, by what was seen in it. */
  #notesOf(number: StepNumber, step: ConnectStepJson): string[] {
    const { notes } = this.#texts;
    const { state, keys } = step;
    switch (number) {
      case 1:
        return [notes.asked];
      case 2:
        return [notes.sent, ...(keys.includes('code_challenge') ? [notes.challenge] : [])];
      case 3:
        return [notes.unseen(hostOf(this.#last(2)))];
      case 4:
        return [state === 'done' ? notes.back : state === 'refused' ? notes.denied : notes.refused];
      case 5:
        return [notes.exchange, keys.includes('client_secret') ? notes.withSecret : notes.withoutSecret];
      case 6:
        return keys.includes('access_token') ? this.#tokenNotes(step) : [notes.noTokens];
      case 7:
        return [state === 'done' ? notes.used : notes.notUsed];
      case 8:
        return [this.#renewalNote(step)];
    }
  }

  #tokenNotes({ answer, keys }: ConnectStepJson): string[] {
    const { notes } = this.#texts;
    const accessS = Number(answer?.fields['expires_in']);
    const access = accessS > 0 ? [notes.accessLife(this.#span(accessS))] : [];
    if (!keys.includes('refresh_token')) return [...access, notes.noRefreshToken];
    const saidS = Number(answer?.fields['refresh_token_expires_in']);
    const countedS = this.#provider?.refresh_lifetime ?? 0;
    const counted = countedS > 0 ? [notes.refreshLifeCounted(this.#span(countedS))] : [];
    return [...access, ...(saidS > 0 ? [notes.refreshLife(this.#span(saidS))] : counted), notes.tokens];
  }

  #renewalNote({ answer, request }: ConnectStepJson): string {
    const { notes } = this.#texts;
    const [old = '', fresh = ''] = [request?.fields['refresh_token'], answer?.fields['refresh_token']];
    if (answer?.fields['access_token'] === undefined) return notes.notRenewed;
    return this.#provider?.rotation === 'single-use' && fresh !== '' ? notes.rotated(old, fresh) : notes.kept;
  }

  #span(seconds: number): string {
    return spanText(seconds * SECOND_MS, this.#cli.texts.spanUnits).replaceAll(' ', HARD_SPACE);
  }

  #last(number: StepNumber): ConnectStepJson | undefined {
    return this.#shown.findLast(({ step }) => step === number);
  }

  /** The steps live in the memory of a server that may be restarted: that costs the explanation, not the consent. */
  async #stepsOf(sessionId: string): Promise<readonly ConnectStepJson[]> {
    if (this.#isLost) return [];
    try {
      const path = `/v1/connect-sessions/${sessionId}/steps`;
      return (await this.#api.get<{ readonly items: readonly ConnectStepJson[] }>(path)).items;
    } catch (error) {
      if (!(error instanceof KippuError && error.code === 'not_found')) throw error;
      this.#isLost = true;
      this.#cli.say(wrapped(this.#texts.notKept));
      return [];
    }
  }
}

interface Unhappened {
  readonly state: 'pending' | 'none';
  readonly dueAt: string | null;
  readonly notes: readonly string[];
}

function hostOf(step: ConnectStepJson | undefined): string {
  return step?.request === undefined || step.request === null ? '' : new URL(step.request.url).host;
}
