import type { Clock } from '../../src/model/clock.ts';
import type { FaultPoint, FaultPoints } from '../../src/model/fault-points.ts';
import type { Owner, Scheduler } from './scheduler.ts';

/** Midnight, so that a story's clock is easy to read. */
export const EPOCH_MS = Date.parse('2026-11-21T00:00:00Z');

/** The process died here. Nothing that it still had to do happens. */
export class Crash extends Error {
  constructor(where: string) {
    super(`the process died: ${where}`);
    this.name = 'Crash';
  }
}

/** One machine: its clocks, and the boot within which its process ids mean something. */
export class Machine {
  readonly name: string;
  boot = 1;
  /** How far its wall clock is ahead of the true time. */
  wallAheadMs = 0;
  /** How long it was suspended: its monotonic clock does not count that. */
  sleptMs = 0;
  readonly #lives = new Map<number, Life>();
  #pids = 0;

  constructor(name: string) {
    this.name = name;
  }

  get identity(): string {
    return `${this.name}/boot-${this.boot}`;
  }

  /** Process ids start again with each boot. */
  reboot(): void {
    this.boot += 1;
    this.#lives.clear();
  }

  admit(life: Life): number {
    this.#pids += 1;
    this.#lives.set(this.#pids, life);
    return this.#pids;
  }

  isGone(machine: string, pid: number): boolean {
    return machine === this.identity && (this.#lives.get(pid)?.isDead ?? true);
  }
}

/** Something that is to befall a process at one of the places at which it waits, or at a fault point. */
export interface Trap {
  /** Places still to pass. Absent: the fault point decides. */
  places?: number;
  readonly point?: FaultPoint;
  readonly spring: () => void;
}

/** Shorter sleeps are polls; on a busy machine they take longer, and a history of fewer polls is as good a history. */
const NAP_MS = 2_000;

/** Never comes. */
const NEVER = new Promise<never>(() => undefined);

/**
 * One process. Every call of a port is two tasks, one in which it happens and one in which the process hears of it, so
 * that anything may come in between: another process's call, a pause, a death. What a dead process still calls has no
 * effect, and what it waits for never comes.
 */
export class Life implements Owner, FaultPoints {
  readonly name: string;
  readonly machine: Machine;
  readonly pid: number;
  readonly clock: Clock;
  readonly traps: Trap[] = [];
  isPaused = false;
  /** Until when it was stopped, asleep, or without a store and a disk that takes anything. */
  heldUpUntilMs = 0;
  /** True time of its end. */
  diedAtMs: number | undefined;
  readonly #scheduler: Scheduler;
  readonly #onPoint: (point: FaultPoint) => void;

  constructor(name: string, machine: Machine, scheduler: Scheduler, onPoint: (point: FaultPoint) => void) {
    this.name = name;
    this.machine = machine;
    this.#scheduler = scheduler;
    this.#onPoint = onPoint;
    this.pid = machine.admit(this);
    this.clock = {
      nowMs: () => EPOCH_MS + scheduler.nowMs + machine.wallAheadMs,
      monotonicMs: () => 1_000 + scheduler.nowMs - machine.sleptMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
  }

  get isDead(): boolean {
    return this.diedAtMs !== undefined;
  }

  die(): void {
    this.diedAtMs ??= this.#scheduler.nowMs;
  }

  reach(point: FaultPoint): void {
    this.dieIfDead();
    this.#onPoint(point);
    this.#spring((trap) => trap.point === point);
    if (this.isDead) throw new Crash(point);
  }

  dieIfDead(): void {
    if (this.isDead) throw new Crash('it is dead already');
  }

  /** A port whose calls wait: each method of it, as this process reaches it. */
  within<T extends object>(
    port: T,
    delayMs: () => number,
    watch: (method: string, result: unknown, args: readonly unknown[]) => void,
  ): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) =>
          this.call(async () => {
            const result: unknown = await member.apply(target, args);
            watch(String(name), result, args);
            return result;
          }, delayMs());
      },
    });
  }

  /** A port whose calls do not wait: a dead process's have no effect. */
  withinAtOnce<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          this.dieIfDead();
          return member.apply(target, args) as unknown;
        };
      },
    });
  }

  call<T>(work: () => T | Promise<T>, delayMs = 0): Promise<T> {
    if (this.isDead) return NEVER;
    return new Promise((resolve, reject) => {
      this.place(delayMs, () => {
        outcomeOf(work).then(
          (value) => {
            this.place(0, () => {
              resolve(value);
            });
          },
          (error: unknown) => {
            // Whatever a process dies of is no answer to anybody.
            if (!(error instanceof Crash))
              this.place(0, () => reject(error instanceof Error ? error : new Error(String(error))));
          },
        );
      });
    });
  }

  /** A place at which the process waits: it may be dead or paused before it goes on. */
  place(delayMs: number, goOn: () => void): void {
    this.#scheduler.after(delayMs, this, () => {
      this.#spring((trap) => {
        if (trap.places === undefined) return false;
        trap.places -= 1;
        return trap.places < 0;
      });
      if (this.isDead) return;
      if (this.isPaused) this.#scheduler.after(0, this, goOn);
      else goOn();
    });
  }

  #spring(isSprung: (trap: Trap) => boolean): void {
    for (const trap of [...this.traps]) {
      if (!isSprung(trap)) continue;
      this.traps.splice(this.traps.indexOf(trap), 1);
      trap.spring();
    }
  }

  #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.isDead) return NEVER;
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const cancel = this.#scheduler.after(ms <= NAP_MS ? NAP_MS : ms, this, resolve);
      signal?.addEventListener(
        'abort',
        () => {
          cancel();
          resolve();
        },
        { once: true },
      );
    });
  }
}

async function outcomeOf<T>(work: () => T | Promise<T>): Promise<T> {
  return work();
}
