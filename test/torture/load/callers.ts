import { setTimeout as sleep } from 'node:timers/promises';
import type { ForcedRenewal } from '../evidence.ts';
import type { ReadTally } from './readers.ts';
import { hashOf } from './readers.ts';
import { Chance } from '../plan.ts';
import { connectionOf } from '../played.ts';
import type { RunningProcess } from '../processes.ts';
import { kippuCommand, type Stage } from '../stage.ts';

const REST_MS = 900;
/** No command takes longer; one that does is ended, and counted. */
const PATIENCE_MS = 40_000;

export interface CallerTally {
  /** By command and exit code, as in `token 0`. */
  readonly exits: Record<string, number>;
  hung: number;
}

export interface CallerOptions {
  readonly seed: string;
  readonly handles: readonly string[];
  /** Where the command is called: beside a server, or where none runs and it works on the database itself. */
  readonly homes: () => readonly string[];
  readonly stage: Stage;
  readonly reads: ReadTally;
  readonly forced: ForcedRenewal[];
  readonly tally: CallerTally;
}

/** People at a terminal: one `kippu` command after the other. */
export class Callers {
  readonly #options: CallerOptions;
  readonly #chance: Chance;
  #running: RunningProcess | undefined;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
  }

  get running(): RunningProcess | undefined {
    return this.#running;
  }

  async goOn(stop: AbortSignal): Promise<void> {
    for (let number = 1; !stop.aborted; number += 1) {
      await this.#callOnce(number);
      await sleep(this.#chance.upTo(2 * REST_MS));
    }
  }

  async #callOnce(number: number): Promise<void> {
    const { handles, homes, stage, reads, forced, tally } = this.#options;
    const handle = this.#chance.pick(handles);
    const { played } = stage;
    const name = this.#chance.weighted({ token: 4, renew: 3, post: played.takesPosts ? 2 : 0, call: 2 });
    const connection = connectionOf(played, handle);
    const command = {
      token: ['token', connection],
      renew: ['renew', connection],
      post: ['post', connection, `somebody typed number ${number}`],
      call: ['call', connection, 'GET', played.data.identity.path],
    }[name];
    const fromMs = Date.now();
    const launch = kippuCommand(stage, { name: 'caller', home: this.#chance.pick(homes()), command });
    const running = stage.processes.start({ ...launch, wantsOutput: true });
    this.#running = running;
    let output = '';
    running.child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    const tooLong = AbortSignal.timeout(PATIENCE_MS);
    tooLong.addEventListener('abort', () => {
      if (running.isOver) return;
      tally.hung += 1;
      void stage.processes.kill(running);
    });
    await running.ended;
    if (name === 'renew') forced.push({ handle, fromMs, toMs: Date.now() });
    const end = `${name} ${running.child.exitCode ?? running.child.signalCode ?? ''}`;
    tally.exits[end] = (tally.exits[end] ?? 0) + 1;
    if (end === 'token 0') {
      reads.served.push({ handle, tokenHash: hashOf(output.trim()), fromMs, toMs: Date.now() });
    }
  }
}
