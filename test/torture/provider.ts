import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SimEvent } from '../../src/sim/events.ts';
import type { FaultOrder } from '../../src/sim/faults.ts';
import { lastWords, type ProcessTable, type RunningProcess } from './processes.ts';
import type { Played } from './played.ts';
import { PROVIDER } from './plan.ts';

const ENTRY = fileURLToPath(new URL('../../bin/kippu.mjs', import.meta.url));
const ASK_TIMEOUT_MS = 1500;
const START_PATIENCE_MS = 60_000;

/** One request at the provider: everything it did there, in the order of the journal. */
export type Batch = readonly SimEvent[];

interface Line {
  readonly seq: number;
  readonly events: Batch;
}

/** The simulated provider as a process of its own, whose memory survives its death. */
export class ProviderProcess {
  readonly played: Played;
  readonly #directory: string;
  readonly #port: number;
  readonly #processes: ProcessTable;
  #running: RunningProcess | undefined;

  constructor(played: Played, at: { readonly directory: string; readonly port: number }, processes: ProcessTable) {
    this.played = played;
    this.#directory = at.directory;
    this.#port = at.port;
    this.#processes = processes;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get running(): RunningProcess | undefined {
    return this.#running;
  }

  /** Resolves when it answers. `false`: it was killed before. */
  async start(): Promise<boolean> {
    // A start may put a snapshot in the place of the journal; the books need every line of it.
    this.#archive();
    const running = this.#processes.start({
      name: PROVIDER,
      args: [
        ...[ENTRY, 'simulate', this.played.data.id, '--port', String(this.#port)],
        ...['--directory', this.#memory, '--fast', String(this.played.fast)],
      ],
      cwd: this.#directory,
      env: {},
      log: this.#log,
    });
    this.#running = running;
    const untilMs = Date.now() + START_PATIENCE_MS;
    while (!(await this.#answers())) {
      if (running.child.signalCode === 'SIGKILL') return false;
      if (running.isOver || Date.now() > untilMs)
        throw new Error(`the simulated provider does not start:\n${lastWords(this.#log)}`);
      await sleep(30);
    }
    return true;
  }

  /** Nobody meets a limit that was not planned. */
  async prepare(): Promise<void> {
    const answer = await this.#control('/_sim/settings', this.played.simulated);
    if (answer === undefined) throw new Error('the simulated provider does not take its settings');
  }

  /** `false`: it is down or stopped now, and the fault was not ordered. */
  async order(fault: FaultOrder): Promise<boolean> {
    return (await this.#control('/_sim/faults', fault)) !== undefined;
  }

  async forgetFaults(): Promise<void> {
    await this.#control('/_sim/faults/clear', {});
  }

  /** Consents as the user would; gives where the browser goes then. */
  async consent(authorizationUrl: string, user: string): Promise<string | undefined> {
    const answer = await this.#control('/_sim/consent', { authorization_url: authorizationUrl, user });
    const back = answer?.['redirect_url'];
    return typeof back === 'string' ? back : undefined;
  }

  /** The user takes the app out of his account: all that he gave it ends, without a word to anybody. */
  async removeApp(user: string): Promise<{ readonly status: string } | undefined> {
    return (await this.#control('/_sim/tokens/revoke', { user })) && { status: 'done' };
  }

  /** All that ever happened there. To be asked while it does not run, or rests. */
  history(): readonly Batch[] {
    this.#archive();
    return readLines(this.#archivePath).map(({ events }) => events);
  }

  get #log(): string {
    return join(this.#directory, 'provider.log');
  }

  get #memory(): string {
    return join(this.#directory, 'provider');
  }

  get #archivePath(): string {
    return join(this.#directory, 'provider-history.jsonl');
  }

  #archive(): void {
    const lastSeq = readLines(this.#archivePath).at(-1)?.seq ?? 0;
    const fresh = readLines(join(this.#memory, 'journal.jsonl')).filter(({ seq }) => seq > lastSeq);
    appendFileSync(this.#archivePath, fresh.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  async #answers(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}/_sim/icon.svg`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      // Not there yet: that is the answer.
      return false;
    }
  }

  async #control(path: string, body: unknown): Promise<Record<string, unknown> | undefined> {
    try {
      const answer = await fetch(`${this.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
      });
      const said = (await answer.json()) as Record<string, unknown>;
      return answer.ok ? said : undefined;
    } catch {
      // It is down or stopped, as the plan wants it: the caller says what that means.
      return undefined;
    }
  }
}

/** Without a torn last line, which was never answered. */
function readLines(path: string): Line[] {
  if (!existsSync(path)) return [];
  const texts = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return texts.flatMap((text, index) => {
    try {
      return [JSON.parse(text) as Line];
    } catch (error) {
      if (index === texts.length - 1) return [];
      throw error;
    }
  });
}
