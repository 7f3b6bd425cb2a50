import type { Composed, ComposeFacts, Composer, ComposeSource } from '../../src/model/composer.ts';
import type { Collected } from '../../src/model/metric.ts';
import type { HttpClient } from '../../src/model/http.ts';
import type { Post } from '../../src/model/post.ts';
import type { Occurrence, Schedule, ScheduleTask, TextSource } from '../../src/model/schedule.ts';
import type { ScheduleStore } from '../../src/model/schedule-store.ts';
import { NETWORKS } from '../../src/posts/networks/all.ts';
import { createSchedule, type NewSchedule } from '../../src/posts/schedules/change.ts';
import type { SchedulePorts } from '../../src/posts/schedules/ports.ts';
import { tendDueSchedules } from '../../src/posts/schedules/tend.ts';
import { sqliteScheduleStore } from '../../src/store/sqlite/schedule-queries.ts';
import { Crash, createPostingWorld, type PostingWorld } from './posting-world.ts';
import { seededRandom } from './seeded-random.ts';
import { settle, type VirtualClock } from './virtual-clock.ts';

export interface ScheduleWorldOptions {
  readonly start?: string;
  readonly http?: (clock: VirtualClock) => HttpClient;
}

/** The posting world with schedules: one account at X, one database, processes that come and go. */
export async function createScheduleWorld(options: ScheduleWorldOptions = {}): Promise<ScheduleWorld> {
  return new ScheduleWorld(await createPostingWorld(options));
}

/** Writes what a test says, and tells what it was told. */
export class ScriptedComposer implements Composer {
  readonly asked: { readonly source: ComposeSource; readonly facts: ComposeFacts; readonly atMs: number }[] = [];
  readonly #clock: VirtualClock;
  readonly #answers: Scripted[] = [];
  /** When nothing is scripted. */
  usual: Composed = { kind: 'failed', detail: 'nothing is scripted' };

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  next(...answers: Scripted[]): void {
    this.#answers.push(...answers);
  }

  async compose(source: ComposeSource, facts: ComposeFacts, stop: AbortSignal): Promise<Composed> {
    this.asked.push({ source, facts, atMs: this.#clock.nowMs() });
    const { answer, afterMs = 0 } = this.#answers.shift() ?? { answer: this.usual };
    if (afterMs > 0) await this.#clock.sleep(afterMs, stop);
    return stop.aborted ? { kind: 'stopped' } : answer;
  }
}

export interface Scripted {
  readonly answer: Composed;
  readonly afterMs?: number;
}

export function written(text: string, afterMs = 0): Scripted {
  return { answer: { kind: 'composed', text, madeWithAi: undefined }, afterMs };
}

export function failing(detail: string, afterMs = 0): Scripted {
  return { answer: { kind: 'failed', detail }, afterMs };
}

export class ScheduleWorld {
  readonly posting: PostingWorld;
  readonly schedules: ScheduleStore;
  readonly composer: ScriptedComposer;
  readonly clock: VirtualClock;
  /** What the network says to the next measurements; then five each time. */
  readonly collected: Collected[] = [];
  readonly #background = new Set<Promise<void>>();
  #stop = new AbortController();
  #isNew = true;

  constructor(posting: PostingWorld) {
    this.posting = posting;
    this.clock = posting.clock;
    this.schedules = sqliteScheduleStore(posting.db, { clock: posting.clock, random: seededRandom('schedule events') });
    this.composer = new ScriptedComposer(posting.clock);
  }

  get ports(): SchedulePorts {
    const { clock, random, faults, connections } = this.posting.ports;
    return {
      schedules: this.schedules,
      connections,
      networks: NETWORKS,
      composer: this.composer,
      collect: async () => this.collected.shift() ?? { kind: 'measured', value: 5, costMicroUsd: 10_000 },
      clock,
      random,
      faults,
      background: (work) => {
        const watched = work.catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
        });
        this.#background.add(watched);
        void watched.finally(() => this.#background.delete(watched)).catch(() => undefined);
      },
    };
  }

  /** Every morning at nine in Tokyo, unless it says otherwise. */
  create(task: ScheduleTask | TextSource, request: Partial<NewSchedule> = {}): Promise<Schedule> {
    const isTask = task.kind === 'post' || task.kind === 'collect';
    return createSchedule(
      {
        connection: 'x:alice',
        cron: '0 9 * * *',
        timezone: 'Asia/Tokyo',
        task: isTask ? task : { kind: 'post', text: task, madeWithAi: false, needsApproval: false },
        ...request,
      },
      this.ports,
    );
  }

  async now({ id }: Schedule): Promise<Schedule> {
    const schedule = await this.schedules.read(id);
    if (schedule === undefined) throw new Error(`no schedule ${id}`);
    return schedule;
  }

  /** The oldest first. */
  async occurrences({ id }: Schedule): Promise<readonly Occurrence[]> {
    return (await this.schedules.occurrences(id, 10_000)).toReversed();
  }

  /** What became of each time, as in `22T09:00 post`, by the clocks of Tokyo. */
  async story(schedule: Schedule): Promise<readonly string[]> {
    return (await this.occurrences(schedule)).map(
      ({ atMs, outcome }) => `${new Date(atMs + 9 * 3_600_000).toISOString().slice(8, 16)} ${outcome}`,
    );
  }

  /** Every post that there is, the oldest first. */
  async posts(): Promise<readonly Post[]> {
    return (await this.posting.posts.list({ limit: 1000 })).items.toReversed();
  }

  /** What is out, in order. */
  get texts(): readonly string[] {
    return this.posting.x.posts.map(({ text }) => text);
  }

  /** The worker runs until then. */
  async until(instant: string | number): Promise<void> {
    const endMs = typeof instant === 'number' ? instant : Date.parse(instant);
    for (;;) {
      await this.tend();
      const leftMs = endMs - this.clock.nowMs();
      if (leftMs <= 0) return;
      await this.clock.advance(Math.min(leftMs, Math.max(1000, (await this.nextDueAtMs()) - this.clock.nowMs())));
    }
  }

  /** Nobody is there until then. */
  async sleepUntil(instant: string): Promise<void> {
    await this.clock.advance(Date.parse(instant) - this.clock.nowMs());
  }

  /** One round of the worker; what it began in the background goes on. */
  async tend(): Promise<void> {
    if (isDue(await this.schedules.nextDueAtMs(), this.clock)) await this.#tendSchedules();
    // A new process also looks after what the one before it left behind.
    const hasJustStarted = this.#isNew;
    this.#isNew = false;
    if (hasJustStarted || isDue(await this.posting.posts.nextDueAtMs(), this.clock)) await this.posting.tend();
  }

  async #tendSchedules(): Promise<void> {
    const { failures } = await tendDueSchedules(this.ports, { limit: 100, stop: this.#stop.signal });
    if (this.#background.size > 0) await settle();
    for (const { error } of failures) if (!(error instanceof Crash)) throw error;
  }

  /** The worker drains: gives whether everything had ended without time passing. */
  async stop(): Promise<boolean> {
    this.#stop.abort();
    await settle();
    this.#stop = new AbortController();
    return this.#background.size === 0;
  }

  /** The process is gone, certainly, and another starts. */
  restart(): void {
    this.#background.clear();
    this.#isNew = true;
    this.posting.restart();
  }

  /** When something is to be done next, or somebody wakes. */
  async nextDueAtMs(): Promise<number> {
    const moments = [await this.schedules.nextDueAtMs(), await this.posting.posts.nextDueAtMs()];
    const wakes = this.clock.untilNextMs();
    return Math.min(
      ...moments.map((atMs) => atMs ?? Number.POSITIVE_INFINITY),
      wakes === undefined ? Number.POSITIVE_INFINITY : this.clock.nowMs() + wakes,
    );
  }
}

function isDue(dueAtMs: number | undefined, clock: VirtualClock): boolean {
  return dueAtMs !== undefined && dueAtMs <= clock.nowMs();
}
