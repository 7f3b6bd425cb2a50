import { SECOND_MS, type Clock } from '../model/clock.ts';
import type { EventType, KippuEvent } from '../model/event.ts';

/** Told of an event. What it returns is waited for before it is told of the next one. */
export type Listener = (event: KippuEvent) => void | Promise<void>;

/** So many events may wait for one slow listener; then the next ones are not told to it. */
const QUEUE_MAX = 10_000;
/** How long a listener may still work when everything ends. */
const DRAIN_MS = 5 * SECOND_MS;

interface Registered {
  readonly type: EventType | '*';
  readonly listener: Listener;
  waiting: number;
  last: Promise<void>;
}

/**
 * In-process listeners. Each hears of an event at most once per process, in the order of happening, and one that is slow or
 * throws holds up nobody but itself. Nothing is kept for them: what happens while the process is down is not told.
 */
export class Listeners {
  readonly #registered = new Set<Registered>();
  readonly #onError: (error: unknown, event: KippuEvent) => void;

  constructor(onError: (error: unknown, event: KippuEvent) => void) {
    this.#onError = onError;
  }

  /** Gives how to stop. The same function may listen twice. */
  on(type: EventType | '*', listener: Listener): () => void {
    const registered: Registered = { type, listener, waiting: 0, last: Promise.resolve() };
    this.#registered.add(registered);
    return () => {
      this.#registered.delete(registered);
    };
  }

  tell(event: KippuEvent): void {
    for (const registered of this.#registered) {
      if (registered.type !== '*' && registered.type !== event.type) continue;
      if (registered.waiting >= QUEUE_MAX) {
        this.#onError(new RangeError(`${QUEUE_MAX} events wait for this listener; it is not told of this one`), event);
        continue;
      }
      registered.waiting += 1;
      registered.last = registered.last.then(() => this.#tellOne(registered, event));
    }
  }

  /** Waits until everything that was told is worked through, but not for a listener that never ends. */
  async drain(clock: Clock): Promise<void> {
    const timer = new AbortController();
    const done = Promise.all([...this.#registered].map(({ last }) => last));
    await Promise.race([done, clock.sleep(DRAIN_MS, timer.signal)]);
    timer.abort();
  }

  async #tellOne(registered: Registered, event: KippuEvent): Promise<void> {
    registered.waiting -= 1;
    if (!this.#registered.has(registered)) return;
    try {
      await registered.listener(event);
    } catch (error) {
      this.#onError(error, event);
    }
  }
}
