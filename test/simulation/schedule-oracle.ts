import { MINUTE_MS } from '../../src/model/clock.ts';
import type { InvariantName } from './invariants.ts';
import { EPOCH_MS } from './life.ts';
import type { OracleSight } from './oracle.ts';

/** How far the wall clocks of the nodes are set apart at most. */
const SKEW_MS = 4 * MINUTE_MS;
/** So long a request that left in time may be on its way. */
const ON_ITS_WAY_MS = 5 * MINUTE_MS;

interface SeenSchedule {
  readonly nextAtMs: number | undefined;
  readonly isPaused: boolean;
}

/** The rule of a schedule as it was wished, told without cron. */
interface Wish {
  readonly everyMs: number;
  readonly missed: string;
  readonly latestAfterMs: number;
}

/** The oracle's eye for schedules. It counts their times itself, from the wish for "every so many minutes". */
export class ScheduleOracle {
  readonly #sight: OracleSight;
  readonly #accuse: (invariant: InvariantName, detail: string) => void;
  readonly #seen = new Map<string, SeenSchedule>();
  readonly #wishes: ReadonlyMap<string, Wish>;

  constructor(sight: OracleSight, accuse: (invariant: InvariantName, detail: string) => void) {
    this.#sight = sight;
    this.#accuse = accuse;
    this.#wishes = new Map(
      sight.plan.steps.flatMap((step) =>
        step.kind === 'schedule' ? [[step.label, { ...step, everyMs: step.everyMinutes * MINUTE_MS }] as const] : [],
      ),
    );
  }

  /** The store has changed: whatever time a schedule leaves behind has its record at that moment. */
  watch(what: 'commit' | 'promotion'): void {
    if (this.#wishes.size === 0) return;
    for (const row of this.#sight.store.all(SCHEDULES_SQL)) {
      const id = String(row['id']);
      const before = this.#seen.get(id);
      const now = { nextAtMs: numberOf(row['next_at_ms']), isPaused: row['is_paused'] === 1 };
      this.#seen.set(id, now);
      if (before === undefined || what === 'promotion' || before.nextAtMs === undefined || now.isPaused) continue;
      if (now.nextAtMs === undefined || now.nextAtMs > before.nextAtMs)
        this.#doubtStep(id, everyMsOf(String(row['cron'])), before.nextAtMs, now.nextAtMs);
    }
  }

  /** Whether every schedule has dealt with a time that came after this. */
  haveGoneOn(sinceMs: number): boolean {
    return (
      this.#wishes.size === 0 || this.#sight.store.get(STANDS_STILL_SQL, { sinceMs: EPOCH_MS + sinceMs }) === undefined
    );
  }

  /** Everything has settled. */
  doubt({ hasPromoted }: { readonly hasPromoted: boolean }): void {
    if (this.#wishes.size === 0) return;
    for (const row of this.#sight.store.all(OUTCOMES_SQL)) this.#sight.journal.meet('run', String(row['outcome']));
    // What a standby lacked is made once more.
    if (!hasPromoted) this.#doubtDoubles();
    this.#doubtTimes();
  }

  #doubtStep(id: string, everyMs: number, fromMs: number, untilMs: number | undefined): void {
    const recorded = this.#sight.store.all(RECORDED_SQL, { id, fromMs }).map((row) => Number(row['at_ms']));
    if (untilMs === undefined) this.#accuse('no run lost', `${id} has no next time, although its rule has one`);
    for (let atMs = fromMs; atMs < (untilMs ?? fromMs); atMs += everyMs) {
      if (!recorded.includes(atMs))
        this.#accuse('no run lost', `${id} has left ${timeOf(atMs)} behind, and nothing says what became of it`);
    }
  }

  #doubtDoubles(): void {
    const made = this.#sight.store.all(MADE_SQL).map((row) => runIn(String(row['text'])));
    const published = this.#sight.provider.timeline.posts.map(({ text }) => runIn(text));
    for (const [where, runs] of [
      ['are in the store', made],
      ['stand on the network', published],
    ] as const) {
      const counts = Map.groupBy(
        runs.filter((run) => run !== undefined),
        ({ label, atMs }) => `${label} at ${timeOf(atMs)}`,
      );
      for (const [run, all] of counts)
        if (all.length > 1) this.#accuse('one run, one post', `${all.length} posts for ${run} ${where}`);
    }
  }

  /** Not before its time; and later than its latest only where a missed run is made up for. */
  #doubtTimes(): void {
    for (const { text, atMs } of this.#sight.provider.timeline.posts) {
      const run = runIn(text);
      const wish = run && this.#wishes.get(run.label);
      if (run === undefined || wish === undefined) continue;
      const lateMs = EPOCH_MS + atMs - run.atMs;
      const isLate =
        wish.missed === 'skip' && lateMs > Math.min(wish.latestAfterMs, wish.everyMs) + SKEW_MS + ON_ITS_WAY_MS;
      if (lateMs < -SKEW_MS || isLate)
        this.#accuse('a run keeps its time', `"${text}" went out ${lateMs} ms after its time`);
    }
  }
}

/** The text of a run says which it is. */
export function runIn(text: string): { readonly label: string; readonly atMs: number } | undefined {
  const [, label, at] = /^run of (s\d+) at ([^\s,]+)/.exec(text) ?? [];
  return label === undefined || at === undefined ? undefined : { label, atMs: Date.parse(`${at}:00Z`) };
}

/** As in `0/20 * * * *` or `0 * * * *`. */
export function cronOf(everyMinutes: number): string {
  return everyMinutes === 60 ? '0 * * * *' : `*/${everyMinutes} * * * *`;
}

function everyMsOf(cron: string): number {
  return Number(/^\*\/(\d+)/.exec(cron)?.[1] ?? 60) * MINUTE_MS;
}

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 16);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

const SCHEDULES_SQL = 'select id, cron, next_at_ms, is_paused from schedules';
const RECORDED_SQL = 'select at_ms from occurrences where schedule_id = :id and at_ms >= :fromMs';
const OUTCOMES_SQL = 'select outcome from occurrences';
const MADE_SQL = `select text from posts where status <> 'cancelled'`;
const STANDS_STILL_SQL = `select 1 as still from schedules s where is_paused = 0 and not exists (
  select 1 from occurrences o where o.schedule_id = s.id and o.at_ms > :sinceMs)`;
