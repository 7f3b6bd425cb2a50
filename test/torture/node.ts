import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from './plan.ts';
import { lastWords, type RunningProcess } from './processes.ts';
import { homePathOf, kippuCommand, type Stage } from './stage.ts';

const START_PATIENCE_MS = 120_000;
/** Longer than Kippu lets any caller wait. */
const CALL_PATIENCE_MS = 20_000;

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface NodeOptions {
  readonly name: string;
  /** Processes that share a home share a spool and a node id. */
  readonly home: string;
  /** Absent: `--no-server`, a worker alone. */
  readonly port: number | undefined;
}

/** One real `kippu up`. */
export class KippuNode {
  readonly name: string;
  readonly port: number | undefined;
  #home: string;
  readonly #stage: Stage;
  #running: RunningProcess | undefined;
  #key = '';
  #isUp = false;

  constructor({ name, home, port }: NodeOptions, stage: Stage) {
    this.name = name;
    this.port = port;
    this.#home = home;
    this.#stage = stage;
  }

  get running(): RunningProcess | undefined {
    return this.#running;
  }

  get home(): string {
    return this.#home;
  }

  /** From its next start on: another data directory, and so another machine. */
  moveTo(home: string): void {
    this.#home = home;
  }

  /** As a load balancer knows it: it has answered since it was started. */
  get isUp(): boolean {
    return this.#isUp && this.#running?.isOver === false;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when it serves. `false`: it ended instead, killed or by itself. */
  async start(): Promise<boolean> {
    const place = this.port === undefined ? ['--no-server'] : ['--port', String(this.port)];
    const running = this.#stage.processes.start(
      kippuCommand(this.#stage, { name: this.name, home: this.#home, command: ['up', '--no-sandbox', ...place] }),
    );
    this.#running = running;
    this.#isUp = false;
    if (this.port === undefined) return true;
    const untilMs = Date.now() + START_PATIENCE_MS;
    while (!(await this.#isReady())) {
      if (running.isOver) return false;
      if (Date.now() > untilMs) throw new Error(`kippu up ${this.name} does not become ready:\n${this.#lastWords()}`);
      await sleep(50);
    }
    this.#isUp = true;
    return true;
  }

  /** Rejects when it is down, dies under the call, or stays silent for longer than any caller has to wait. */
  async call(
    method: string,
    path: string,
    { body, headers = {} }: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_PATIENCE_MS),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  #lastWords(): string {
    return lastWords(join(this.#stage.directory, `${this.name}.log`));
  }

  async #isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(1500) });
      await response.arrayBuffer();
      if (!response.ok) return false;
      const file = join(homePathOf(this.#stage, this.#home), 'server.json');
      const { key, pid } = JSON.parse(readFileSync(file, 'utf8')) as { readonly key: string; readonly pid: number };
      this.#key = key;
      return pid === this.#running?.pid;
    } catch {
      // Not listening yet, or stopped for a while.
      return false;
    }
  }
}

/** One of those that are up, if any is. */
export function pickUp(nodes: readonly KippuNode[], chance: Chance): KippuNode {
  const up = nodes.filter(({ isUp }) => isUp);
  return chance.pick(up.length > 0 ? up : nodes);
}
