import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillDisk } from './disk.ts';
import type { ForcedRenewal, Outage, Span } from './evidence.ts';
import { giveUp, type Handover } from './handover.ts';
import type { Callers } from './load/callers.ts';
import type { KippuNode } from './node.ts';
import { PROVIDER, type Act, type PlannedAct } from './plan.ts';
import { lastWords, type RunningProcess } from './processes.ts';
import type { ProviderProcess } from './provider.ts';
import type { Records } from './records.ts';
import { clockPathOf, databasePathOf, type Stage } from './stage.ts';

export interface FaultTargets {
  readonly stage: Stage;
  readonly provider: ProviderProcess;
  readonly nodes: readonly KippuNode[];
  readonly callers: Callers;
  readonly handles: readonly string[];
  readonly forced: ForcedRenewal[];
  readonly records: Records;
}

/** What became of the plan. */
export interface FaultTally {
  /** By kind, as in `kill` or `answer: lose`. */
  readonly done: Record<string, number>;
  /** Planned, and its target was not there: ordered of a provider that was down, or for a caller when none ran. */
  missed: number;
  readonly fullDisk: Span[];
  readonly outages: Outage[];
  readonly handovers: Handover[];
  /** Nodes that did not end in good order when they were asked to. */
  readonly badExits: string[];
}

interface Target {
  readonly running: RunningProcess | undefined;
  start(): Promise<boolean>;
}

const STARTS_MAX = 30;
const START_AGAIN_MS = 1000;
/** For the end in good order of a node that may wait for its database. */
const END_PATIENCE_MS = 60_000;

/** Of the machine that this node is on. */
export function setClock(stage: Stage, { home }: Pick<KippuNode, 'home'>, aheadMs: number): void {
  writeFileSync(clockPathOf(stage, home), String(aheadMs));
}

/** Does what was planned, at the time for which it was planned. Resolves when everybody runs again. */
export class FaultDriver {
  readonly tally: FaultTally = { done: {}, missed: 0, fullDisk: [], outages: [], handovers: [], badExits: [] };
  readonly #targets: FaultTargets;
  readonly #underWay = new Set<Promise<void>>();
  readonly #held = new Set<string>();
  readonly #starting = new Map<Target, Promise<void>>();
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
      case 'restart':
        return this.#holding(act.who, () => this.#restart(act.who));
      case 'restart_database':
        return this.#restartDatabase(act);
      case 'cut':
        return this.#cut(act);
      case 'set_clock':
        this.#count('set a clock', true);
        return setClock(stage, this.#node(act.who), act.aheadMs);
      case 'give_up':
        return this.#holding(act.who, () => this.#giveUp(act));
    }
  }

  async #kill(who: string, downMs: number): Promise<void> {
    const target = this.#target(who);
    if (target.running === undefined || this.#held.has(who)) return this.#count('kill', false);
    this.#count(who === PROVIDER ? 'kill the provider' : 'kill', true);
    await this.#targets.stage.processes.kill(target.running);
    await sleep(downMs);
    await this.#startAgain(target);
  }

  /** One at a time for each: whoever kills it while it is started waits for the same start. */
  #startAgain(target: Target): Promise<void> {
    const underWay = this.#starting.get(target);
    if (underWay !== undefined) return underWay;
    const starting = this.#tryToStart(target).finally(() => this.#starting.delete(target));
    this.#starting.set(target, starting);
    return starting;
  }

  /** As a supervisor does it: a start that a full disk refuses, or a database that is away, is tried again. */
  async #tryToStart(target: Target): Promise<void> {
    for (let tries = 0; tries < STARTS_MAX; tries += 1) {
      if (await target.start()) return;
      this.#count('start refused', true);
      await sleep(START_AGAIN_MS);
    }
    throw new Error(`it does not start again, ${STARTS_MAX} times: see its log`);
  }

  async #pause(who: string, forMs: number): Promise<void> {
    const { running } = this.#target(who);
    if (running === undefined || running.isOver) return this.#count('pause', false);
    this.#count(who === PROVIDER ? 'pause the provider' : 'pause', true);
    const goOn = this.#targets.stage.processes.pause(running);
    await sleep(forMs);
    goOn();
  }

  async #restart(who: string): Promise<void> {
    const node = this.#node(who);
    const { running } = node;
    if (running === undefined || running.isOver || !node.isUp) return this.#count('restart', false);
    this.#count('restart', true);
    running.signal('SIGTERM');
    await Promise.race([running.ended, sleep(END_PATIENCE_MS, undefined, { ref: false })]);
    const { exitCode, signalCode } = running.child;
    if (exitCode !== 0) {
      const how = exitCode ?? signalCode ?? 'still runs';
      const said = lastWords(join(this.#targets.stage.directory, `${who}.log`));
      this.tally.badExits.push(`${who} (${running.pid}), asked to end in the middle: ${how}; it said last:\n${said}`);
    }
    await this.#targets.stage.processes.kill(running);
    await this.#startAgain(node);
  }

  async #giveUp(act: Extract<Act, { kind: 'give_up' }>): Promise<void> {
    const handover = await giveUp(act, { ...this.#targets, outages: this.tally.outages });
    this.#count('give up a node', handover !== undefined);
    if (handover === undefined) return;
    this.tally.handovers.push(handover);
    await this.#startAgain(this.#node(act.who));
  }

  /** On a busy machine it takes longer than the plan has thought: nobody else ends or starts that node meanwhile. */
  async #holding(who: string, act: () => Promise<void>): Promise<void> {
    if (this.#held.has(who)) {
      this.tally.missed += 1;
      return;
    }
    this.#held.add(who);
    await act().finally(() => this.#held.delete(who));
  }

  async #restartDatabase({ how, downMs }: Extract<Act, { kind: 'restart_database' }>): Promise<void> {
    const { server } = this.#targets.stage.database;
    if (server === undefined) return this.#count('restart the database', false);
    this.#count(`restart the database: ${how}`, true);
    const fromMs = Date.now();
    await server.restart(how, downMs);
    this.tally.outages.push({ node: undefined, how, fromMs, toMs: Date.now() });
  }

  async #cut({ who, how, forMs }: Extract<Act, { kind: 'cut' }>): Promise<void> {
    const { server } = this.#targets.stage.database;
    if (server === undefined) return this.#count('cut off a node', false);
    this.#count(`cut off a node: ${how}`, true);
    const fromMs = Date.now();
    const makeGood = server.cut(who, how);
    await sleep(forMs);
    makeGood();
    this.tally.outages.push({ node: who, how, fromMs, toMs: Date.now() });
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
    return who === PROVIDER ? this.#targets.provider : this.#node(who);
  }

  #node(who: string): KippuNode {
    const node = this.#targets.nodes.find(({ name }) => name === who);
    if (node === undefined) throw new TypeError(`Nobody here is called ${who}.`);
    return node;
  }

  #count(what: string, isDone: boolean): void {
    if (isDone) this.tally.done[what] = (this.tally.done[what] ?? 0) + 1;
    else this.tally.missed += 1;
  }
}
