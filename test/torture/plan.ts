import type { FaultOrder } from '../../src/sim/faults.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { CUT_KINDS, DATABASE_ENDS, type CutKind, type DatabaseEnd } from './database/database.ts';
import type { Span } from './evidence.ts';
import type { Played } from './played.ts';

/** What is done to the processes, the provider's answers and the disk, and when. */
export type Act =
  | { readonly kind: 'kill'; readonly who: string; readonly downMs: number }
  | { readonly kind: 'pause'; readonly who: string; readonly forMs: number }
  | { readonly kind: 'answer_fault'; readonly order: FaultOrder }
  | { readonly kind: 'fill_disk'; readonly forMs: number }
  | { readonly kind: 'kill_caller' }
  /** Asked to end, and started again. */
  | { readonly kind: 'restart'; readonly who: string }
  | { readonly kind: 'restart_database'; readonly how: DatabaseEnd; readonly downMs: number }
  | { readonly kind: 'cut'; readonly who: string; readonly how: CutKind; readonly forMs: number }
  /** The clock of its machine is set, to so much ahead of the right time. */
  | { readonly kind: 'set_clock'; readonly who: string; readonly aheadMs: number }
  /** It never comes back, and what its spool holds is handed to another node. */
  | { readonly kind: 'give_up'; readonly who: string; readonly how: CutKind; readonly by: HandoverKind };

/** `files`: into the spool of a node that lives. `directory`: a worker is started with the whole data directory. */
export type HandoverKind = 'files' | 'directory';

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
  /** The database is a server, and each node on a machine of its own. */
  readonly hasServer: boolean;
}

export const PROVIDER = 'provider';

/** On the average. */
const GAP_MS = 350;
/** Nothing new happens to a process for this long after it went on, or was started anew. */
const REST_MS = 2000;
const START_MS = 3500;
const FULL_DISK_MS = 6000;
/** From the cut to the start of the node that takes its place. */
const GIVE_UP_MS = 45_000;
const DATABASE_STARTS_MS = 3000;
/** Clocks are wrong by so much at most. */
const CLOCK_OFF_MS = 240_000;

/** The same for the same seed and options. Nobody is killed or paused while he is down or paused already. */
export function planFaults(options: PlanOptions): readonly PlannedAct[] {
  const chance = new Chance(options.seed);
  const busy: Burden[] = [];
  const plan: PlannedAct[] = [];
  const add = (planned: PlannedAct): void => {
    const burdens = burdensOf(planned);
    if (burdens.some((one) => busy.some((other) => one.whom === other.whom && overlaps(one, other)))) return;
    busy.push(...burdens);
    plan.push(planned);
  };
  // What needs a node for long comes first: else there would never be the time.
  if (options.hasServer) drawRare(options).forEach(add);
  for (let atMs = chance.upTo(GAP_MS); atMs < options.forMs; atMs += 1 + chance.upTo(2 * GAP_MS))
    add({ atMs, act: drawAct(chance, options) });
  return plan.toSorted((one, other) => one.atMs - other.atMs);
}

/** Whom an act leaves no time for another one, and when. */
interface Burden extends Span {
  readonly whom: string;
}

function overlaps(one: Span, other: Span): boolean {
  return one.fromMs < other.toMs && one.toMs > other.fromMs;
}

function burdensOf({ atMs, act }: PlannedAct): readonly Burden[] {
  const burden = (whom: string, forMs: number): Burden => ({ whom, fromMs: atMs, toMs: atMs + forMs + REST_MS });
  switch (act.kind) {
    case 'kill':
      return [burden(act.who, act.downMs + START_MS)];
    case 'restart':
      return [burden(act.who, 2 * START_MS)];
    case 'pause':
      return [burden(act.who, act.forMs)];
    case 'fill_disk':
      // Every other time is long enough for the full disk to be felt; and then there is room again for longer.
      return [burden('disk', act.forMs * 3)];
    case 'restart_database':
      return [burden('the database', act.downMs + DATABASE_STARTS_MS)];
    case 'cut':
      return [burden(wayOf(act.who), act.forMs)];
    case 'give_up':
      // One at a time, so that there is somebody to hand over to.
      return ['given up', act.who, wayOf(act.who)].map((whom) => burden(whom, GIVE_UP_MS));
    case 'answer_fault':
    case 'kill_caller':
    case 'set_clock':
      return [];
  }
}

function wayOf(node: string): string {
  return `the way of ${node}`;
}

/** One after the other, each by itself: a short plan has the first of them at most. */
function drawRare({ seed, forMs, nodes, played }: PlanOptions): PlannedAct[] {
  const rare = (kind: string, first: Span, every: Span, draw: (chance: Chance) => Act): PlannedAct[] => {
    const chance = new Chance(`${seed}:${kind}`);
    const acts: PlannedAct[] = [];
    for (
      let atMs = chance.between(first.fromMs, first.toMs);
      atMs < forMs;
      atMs += chance.between(every.fromMs, every.toMs)
    )
      acts.push({ atMs, act: draw(chance) });
    return acts;
  };
  return [
    ...rare('give_up', { fromMs: 20_000, toMs: 30_000 }, { fromMs: 60_000, toMs: 90_000 }, (chance) => ({
      kind: 'give_up',
      who: chance.pick(nodes),
      how: chance.pick(CUT_KINDS),
      // Where a reuse kills the family, somebody must say for the node that is gone that nothing waits there any more.
      by: played.data.refresh.reuseKillsFamily ? 'directory' : chance.pick(['files', 'directory']),
    })),
    ...rare('clock', { fromMs: 4000, toMs: 9000 }, { fromMs: 25_000, toMs: 50_000 }, (chance) => ({
      kind: 'set_clock',
      who: chance.pick(nodes),
      aheadMs: chance.between(-CLOCK_OFF_MS, CLOCK_OFF_MS),
    })),
  ];
}

/** How far the clock of each node's machine is ahead when the run begins. */
export function drawClocks({ seed, nodes }: Pick<PlanOptions, 'seed' | 'nodes'>): ReadonlyMap<string, number> {
  const chance = new Chance(`${seed}:clocks`);
  return new Map(nodes.map((node) => [node, chance.between(-CLOCK_OFF_MS, CLOCK_OFF_MS)]));
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
    restart: options.hasServer ? 4 : 0,
    restart_database: options.hasServer ? 2 : 0,
    cut: options.hasServer ? 9 : 0,
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
    case 'restart':
      return { kind, who: chance.pick(options.nodes) };
    case 'restart_database':
      return { kind, how: chance.pick(DATABASE_ENDS), downMs: chance.between(0, 3000) };
    case 'cut':
      return { kind, who: chance.pick(options.nodes), how: chance.pick(CUT_KINDS), forMs: chance.between(300, 9000) };
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
