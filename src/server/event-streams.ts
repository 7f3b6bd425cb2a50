import type { Caller } from '../app/api-keys.ts';
import { eventsAfter } from '../app/events.ts';
import type { App } from '../app/open.ts';
import { HOUR_MS, SECOND_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { KippuEvent } from '../model/event.ts';
import { eventJson } from './bodies/event.ts';

const STREAMS_MAX = 100;
const STREAM_LIFETIME_MS = HOUR_MS;
const LOOK_EVERY_MS = SECOND_MS;
/** Below the half minute after which proxies give up on a silent connection. */
const HEARTBEAT_MS = 15 * SECOND_MS;
const EVENTS_A_CHUNK = 100;
/** How soon a client that was cut off comes back. */
const RETRY_MS = 3 * SECOND_MS;

export interface StreamWish {
  /** The sequence of the last event that the client has. */
  readonly after: number;
  readonly caller: Caller;
  /** Throws once the caller may no longer listen. */
  readonly readmit: () => Promise<void>;
}

/**
 * Events as they happen (server-sent events). A stream reads the store when its client takes what was read before, so
 * that a slow client costs no memory; it ends after an hour, with the server, or with the key, and the client comes
 * back with `Last-Event-ID`.
 */
export class EventStreams {
  readonly #app: App;
  readonly #open = new Set<AbortController>();

  constructor(app: App) {
    this.#app = app;
  }

  /** Throws `rate_limited` when there are too many. */
  start(wish: StreamWish): Response {
    if (this.#open.size >= STREAMS_MAX) {
      throw new KippuError(
        'rate_limited',
        `${STREAMS_MAX} event streams are open, and there are no more. Close some, or read /v1/events as a list.`,
      );
    }
    const stop = new AbortController();
    this.#open.add(stop);
    const chunks = this.#chunks(wish, stop.signal);
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (done === true) {
          this.#open.delete(stop);
          controller.close();
        } else controller.enqueue(encoder.encode(value));
      },
      cancel: () => {
        this.#open.delete(stop);
        stop.abort();
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } });
  }

  /** Ends them all; their clients come back when there is a server again. */
  endAll(): void {
    for (const stop of this.#open) stop.abort();
  }

  get count(): number {
    return this.#open.size;
  }

  async *#chunks({ after, caller, readmit }: StreamWish, signal: AbortSignal): AsyncGenerator<string, void> {
    const { clock } = this.#app.options.outside;
    const endsAtMs = clock.monotonicMs() + STREAM_LIFETIME_MS;
    let heardAtMs = clock.monotonicMs();
    let last = after;
    yield `retry: ${RETRY_MS}\n\n`;
    while (!signal.aborted && clock.monotonicMs() < endsAtMs) {
      const page = await this.#read(last, caller);
      if (page === undefined) return;
      last = page.lastSequence;
      if (page.items.length > 0) yield page.items.map(frameOf).join('');
      else if (clock.monotonicMs() - heardAtMs >= HEARTBEAT_MS) {
        if (!(await isStillWelcome(readmit))) return;
        yield ': still here\n\n';
      } else {
        if (!page.hasMore) await clock.sleep(LOOK_EVERY_MS, signal);
        continue;
      }
      heardAtMs = clock.monotonicMs();
    }
  }

  /** `undefined`: the store cannot be read; the stream ends, and the client comes back. */
  async #read(after: number, caller: Caller) {
    try {
      return await eventsAfter(after, EVENTS_A_CHUNK, caller, this.#app);
    } catch (error) {
      this.#app.log.error({ err: error }, 'the events of a stream could not be read');
      return undefined;
    }
  }
}

async function isStillWelcome(readmit: StreamWish['readmit']): Promise<boolean> {
  try {
    await readmit();
    return true;
  } catch (error) {
    if (error instanceof KippuError) return false;
    throw error;
  }
}

function frameOf(event: KippuEvent): string {
  return `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(eventJson(event))}\n\n`;
}
