import { setTimeout as sleep } from 'node:timers/promises';
import { fillDisk } from './disk.ts';
import type { Span } from './evidence.ts';
import type { Callers } from './load/callers.ts';
import type { KippuNode } from './node.ts';
import { PROVIDER, type Act, type PlannedAct } from './plan.ts';
import type { RunningProcess } from './processes.ts';
import type { ProviderProcess } from './provider.ts';
import { databasePathOf, type Stage } from './stage.ts';

export interface FaultTargets {
  readonly stage: Stage;
  readonly provider: ProviderProcess;
  readonly nodes: readonly KippuNode[];
  readonly callers: Callers;
}

/** What became of the plan. */
export interface FaultTally {
  /** By kind, as in `kill` or `answer: lose`. */
  readonly done: Record<string, number>;
  /** Planned, and its target was not there: ordered of a provider that was down, or for a caller when none ran. */
  missed: number;
  readonly fullDisk: Span[];
}

interface Target {
  readonly running: RunningProcess | undefined;
  start(): Promise<unknown>;
}

/** Does what was planned, at the time for which it was planned. Resolves when everybody runs again. */
export class FaultDriver {
  readonly tally: FaultTally = { done: {}, missed: 0, fullDisk: [] };
  readonly #targets: FaultTargets;
  readonly #underWay = new Set<Promise<void>>();
  #failure: Error | undefined;

  constructor(targets: FaultTargets) {
    this.#targets = targets;
  }

  async run(plan: readonly PlannedAct[], stop: AbortSignal): Promise<void> {
    const beganMs = Date.now();
    for (const { atMs, act } of plan) {
      await sleep(Math.max(0, beganMs + atMs - Date.now()), undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted || this.#failure !== undefined) break;
      const doing = this.#do(act).catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      });
      this.#underWay.add(doing);
      void doing.finally(() => this.#underWay.delete(doing));
    }
    await Promise.all(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #do(act: Act): Promise<void> {
    const { stage, provider, callers } = this.#targets;
    switch (act.kind) {
      case 'answer_fault':
        return this.#count(`answer: ${act.order.fault}`, await provider.order(act.order));
      case 'kill_caller': {
        const { running } = callers;
        if (running === undefined || running.isOver) return this.#count('kill a caller', false);
        this.#count('kill a caller', true);
        return stage.processes.kill(running);
      }
      case 'fill_disk':
        return this.#fillDisk(act.forMs);
      case 'kill':
        return this.#kill(act.who, act.downMs);
      case 'pause':
        return this.#pause(act.who, act.forMs);
    }
  }

  async #kill(who: string, downMs: number): Promise<void> {
    const target = this.#target(who);
    if (target.running === undefined) return this.#count('kill', false);
    this.#count(who === PROVIDER ? 'kill the provider' : 'kill', true);
    await this.#targets.stage.processes.kill(target.running);
    await sleep(downMs);
    await target.start();
  }

  async #pause(who: string, forMs: number): Promise<void> {
    const { running } = this.#target(who);
    if (running === undefined || running.isOver) return this.#count('pause', false);
    this.#count(who === PROVIDER ? 'pause the provider' : 'pause', true);
    const goOn = this.#targets.stage.processes.pause(running);
    await sleep(forMs);
    goOn();
  }

  async #fillDisk(forMs: number): Promise<void> {
    const { stage } = this.#targets;
    this.#count('fill the disk', true);
    const fromMs = Date.now();
    const makeRoom = fillDisk(stage.disk, databasePathOf(stage));
    await sleep(forMs);
    makeRoom();
    this.tally.fullDisk.push({ fromMs, toMs: Date.now() });
  }

  #target(who: string): Target {
    const { provider, nodes } = this.#targets;
    const target = who === PROVIDER ? provider : nodes.find(({ name }) => name === who);
    if (target === undefined) throw new TypeError(`Nobody here is called ${who}.`);
    return target;
  }

  #count(what: string, isDone: boolean): void {
    if (isDone) this.tally.done[what] = (this.tally.done[what] ?? 0) + 1;
    else this.tally.missed += 1;
  }
}
