import type { FaultOrder } from '../../src/sim/faults.ts';
import { seededRandom } from '../support/seeded-random.ts';
import type { Played } from './played.ts';

/** What is done to the processes, the provider's answers and the disk, and when. */
export type Act =
  | { readonly kind: 'kill'; readonly who: string; readonly downMs: number }
  | { readonly kind: 'pause'; readonly who: string; readonly forMs: number }
  | { readonly kind: 'answer_fault'; readonly order: FaultOrder }
  | { readonly kind: 'fill_disk'; readonly forMs: number }
  | { readonly kind: 'kill_caller' };

export interface PlannedAct {
  /** From the beginning of the faults, milliseconds. */
  readonly atMs: number;
  readonly act: Act;
}

export interface PlanOptions {
  readonly played: Played;
  readonly seed: string;
  readonly forMs: number;
  /** Kippu's processes by name. */
  readonly nodes: readonly string[];
  /** How long Kippu listens for an answer: some answers come later. */
  readonly lateAnswerMs: number;
  readonly hasDisk: boolean;
}

export const PROVIDER = 'provider';

/** On the average. */
const GAP_MS = 350;
/** Nothing new happens to a process for this long after it went on, or was started anew. */
const REST_MS = 2000;
const START_MS = 3500;
const FULL_DISK_MS = 6000;

/** The same for the same seed and options. Nobody is killed or paused while he is down or paused already. */
export function planFaults(options: PlanOptions): readonly PlannedAct[] {
  const chance = new Chance(options.seed);
  const busyUntilMs = new Map<string, number>();
  const plan: PlannedAct[] = [];
  for (let atMs = chance.upTo(GAP_MS); atMs < options.forMs; atMs += 1 + chance.upTo(2 * GAP_MS)) {
    const act = drawAct(chance, options);
    const [whom, forMs] = burdenOf(act);
    if (whom !== undefined) {
      if (atMs < (busyUntilMs.get(whom) ?? 0)) continue;
      busyUntilMs.set(whom, atMs + forMs + REST_MS);
    }
    plan.push({ atMs, act });
  }
  return plan;
}

function burdenOf(act: Act): readonly [string | undefined, number] {
  switch (act.kind) {
    case 'kill':
      return [act.who, act.downMs + START_MS];
    case 'pause':
      return [act.who, act.forMs];
    case 'fill_disk':
      // Every other time is long enough for the full disk to be felt; and then there is room again for longer.
      return ['disk', act.forMs * 3];
    case 'answer_fault':
    case 'kill_caller':
      return [undefined, 0];
  }
}

function drawAct(chance: Chance, options: PlanOptions): Act {
  const kind = chance.weighted({
    answer_fault: 60,
    pause: 12,
    kill: 12,
    pause_provider: 4,
    kill_provider: 3,
    fill_disk: options.hasDisk ? 3 : 0,
    kill_caller: 4,
  });
  switch (kind) {
    case 'answer_fault':
      return { kind, order: drawOrder(chance, options) };
    case 'pause':
      return { kind, who: chance.pick(options.nodes), forMs: chance.between(100, 3500) };
    case 'kill':
      return { kind, who: chance.pick(options.nodes), downMs: chance.between(0, 1500) };
    case 'pause_provider':
      return { kind: 'pause', who: PROVIDER, forMs: chance.between(100, 3000) };
    case 'kill_provider':
      return { kind: 'kill', who: PROVIDER, downMs: chance.between(0, 1500) };
    case 'fill_disk':
      return { kind, forMs: chance.between(FULL_DISK_MS / 2, FULL_DISK_MS) };
    case 'kill_caller':
      return { kind };
  }
}

function drawOrder(chance: Chance, { lateAnswerMs, played }: PlanOptions): FaultOrder {
  const endpoint = chance.weighted(played.strikes);
  const in200 = played.data.quirks.errorsArriveAs200 === true && endpoint === 'token' ? 10 : 0;
  const kind = chance.weighted({
    lose: 9,
    lose_request: 12,
    cut: 8,
    delay: 24,
    too_late: 5,
    refused: 15,
    broken: 15,
    broken_late: 5,
    refused_in_200: in200,
    broken_in_200: in200,
  });
  switch (kind) {
    case 'lose':
    case 'lose_request':
    case 'cut':
      return { endpoint, fault: kind };
    case 'delay':
      return { endpoint, fault: 'delay', delay_ms: chance.between(50, lateAnswerMs / 2), count: chance.between(1, 5) };
    case 'too_late':
      return { endpoint, fault: 'delay', delay_ms: lateAnswerMs + chance.between(500, 2000) };
    case 'refused':
      return { endpoint, fault: 'status', status: 429, headers: { 'retry-after': '1' }, count: chance.between(1, 4) };
    case 'broken':
      return { endpoint, fault: 'status', status: chance.pick([500, 502, 503]) };
    case 'broken_late':
      return { endpoint, fault: 'status', status: 500, handled: true };
    case 'refused_in_200':
      return { endpoint, fault: 'status', status: 200, body: { error: 'slow_down' }, count: chance.between(1, 4) };
    case 'broken_in_200':
      // A page in the place of the answer, which says neither tokens nor an error: the refresh token is spent.
      return { endpoint, fault: 'status', status: 200, body: '<html>One moment, please</html>', handled: true };
  }
}

/** Draws from a seed. */
export class Chance {
  readonly #unit: () => number;

  constructor(seed: string) {
    const { unit } = seededRandom(seed);
    this.#unit = unit;
  }

  /** In [0, below). */
  upTo(below: number): number {
    return Math.floor(this.#unit() * below);
  }

  /** Both ends included. */
  between(least: number, most: number): number {
    return Math.floor(least + this.#unit() * (most - least + 1));
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.upTo(from.length)];
    if (picked === undefined) throw new TypeError('There is nothing to pick from.');
    return picked;
  }

  weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let left = this.#unit() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    throw new TypeError('There is nothing to choose from.');
  }
}
