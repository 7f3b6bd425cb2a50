import type { Random } from '../../src/model/random.ts';
import type { Store } from '../../src/model/store.ts';
import type { Params, Row } from '../../src/store/sqlite/database.ts';
import type { Life } from './life.ts';
import type { Scheduler } from './scheduler.ts';

/** Which database the nodes share. */
export const ENGINES = ['sqlite', 'postgres'] as const;
export type EngineName = (typeof ENGINES)[number];

/** As a command's `--store` names it. */
export function engineNamed(text = 'sqlite'): EngineName {
  const name = ENGINES.find((one) => one === text);
  if (name === undefined) throw new TypeError(`--store takes ${ENGINES.join(' or ')}, not "${text}".`);
  return name;
}

/** A database under the product's own queries, emptied for one history after another. */
export interface Engine {
  readonly name: EngineName;
  open(options: OpenOptions): Promise<SimulatedStore>;
}

export interface OpenOptions {
  readonly scheduler: Scheduler;
  /** So many of the last commits a standby may lack. */
  readonly standbyBehindMax: number;
}

/** What is committed, as somebody sees it whom no process knows of. It takes SQLite's language whatever the engine is. */
export interface Committed {
  get(sql: string, params?: Params): Row | undefined;
  all(sql: string, params?: Params): readonly Row[];
}

/** The store that all nodes of one history share. */
export interface SimulatedStore extends Committed {
  /** How often something was changed. */
  readonly commits: number;
  /** Commits and promotions. */
  readonly changes: number;
  /** Told after every commit and every promotion. */
  onChange: (what: 'commit' | 'promotion') => void;
  /** What was committed may be gone later. */
  readonly mayFailOver: boolean;
  /** How often a worker looks whether what it brought lately is still there. */
  readonly looksBackEveryMs: number;
  /** What one process reaches it by. */
  storesOf(process: StoreProcess): ProcessStores;
  /** A standby that lacks the last commits takes over. Gives how many it lacks. */
  failOver(lackingMax: number): number;
  /** Every byte that is stored. */
  bytes(): Uint8Array;
  close(): Promise<void>;
}

export interface StoreProcess {
  /** `bystander`: calls happen at once, and nobody stands between them. */
  readonly life: Life | 'bystander';
  readonly settling: Settling;
  readonly trouble: StoreTrouble;
  readonly watch: StoreWatch;
}

interface Settling {
  readonly clock: Life['clock'];
  readonly random: Random;
  readonly faults: Pick<Life, 'reach'>;
}

/** As much of a store as a simulated node has. */
export type ProcessStores = Pick<
  Store,
  'credentials' | 'connections' | 'consents' | 'posts' | 'schedules' | 'notices' | 'home' | 'history' | 'changes'
>;

/** What befalls one process's way to the store. */
export interface StoreTrouble {
  /** Writes are refused: the disk is full, or the server takes none. */
  isFull: boolean;
  /** So many of the next commits happen and are reported as failures. */
  acknowledgementsToLose: number;
  /** So long it takes over whatever it is asked, at most. */
  stallMs: number;
}

export interface StoreWatch {
  readonly refused: () => void;
  readonly acknowledgementLost: () => void;
  /** A transaction has met another one, or has stood still for too long. */
  readonly met: (what: string) => void;
}

/** Another process's commit is noticed after this at the latest. */
const CHANGE_POLL_MS = 1000;

/** As the SQLite store counts them: others' are asked for at most once a second. */
export function changesOf({ monotonicMs }: Life['clock'], all: () => number, own: () => number): () => number {
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let seen = 0;
  return () => {
    const nowMs = monotonicMs();
    if (nowMs - askedAtMs >= CHANGE_POLL_MS) {
      askedAtMs = nowMs;
      seen = all();
    }
    return seen + own();
  };
}
