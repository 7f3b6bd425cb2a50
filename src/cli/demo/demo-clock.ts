import { systemClock } from '../../app/ports/system-clock.ts';
import { HOUR_MS, MINUTE_MS, DAY_MS, type Clock } from '../../model/clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Time that passes only when the story says so: half a year in half a minute. */
export class DemoClock implements Clock {
  readonly startMs: number;
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(startMs: number) {
    this.startMs = startMs;
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.startMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { atMs: this.#nowMs + Math.max(0, ms), wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** Never backwards. Wakes who is due by then, the earliest first. */
  passUntil(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, atMs);
    const due = [...this.#sleepers].filter((sleeper) => sleeper.atMs <= this.#nowMs);
    for (const sleeper of due.sort((a, b) => a.atMs - b.atMs)) sleeper.wake();
  }
}

/** The time of another process in the story: it starts at this instant and then runs like any clock. */
export function clockStartingAt(startMs: number): Clock {
  const beganMs = performance.now();
  const monotonicMs = (): number => performance.now() - beganMs;
  return {
    nowMs: () => Math.floor(startMs + monotonicMs()),
    monotonicMs,
    sleep: (ms, signal, options) => systemClock.sleep(ms, signal, options),
  };
}

/** A moment of the story, counted from the consent. */
export interface StoryTime {
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

export function storyTimeOf(ms: number): StoryTime {
  return {
    day: Math.floor(ms / DAY_MS),
    hour: Math.floor((ms % DAY_MS) / HOUR_MS),
    minute: Math.floor((ms % HOUR_MS) / MINUTE_MS),
  };
}

/** `02:05`, or `09:00:05` where the seconds tell something. */
export function timeOfDayText(ms: number): string {
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  const { hour, minute } = storyTimeOf(ms);
  const second = Math.floor((ms % MINUTE_MS) / 1000);
  const text = `${twoDigits(hour)}:${twoDigits(minute)}`;
  return second === 0 ? text : `${text}:${twoDigits(second)}`;
}
