import type { Listeners } from '../../notify/listeners.ts';
import { newestSequence } from '../events.ts';
import type { App } from '../open.ts';

const EVENT_POLL_MS = 1000;
const EVENTS_A_POLL = 200;

/** Tells listeners of what happens from now on, and on the signal of what had happened before it; then it ends. */
export async function tellEvents(listeners: Listeners, stop: AbortSignal, app: App): Promise<void> {
  const { clock } = app.options.outside;
  let after = await newestSequence(app);
  while (!stop.aborted) {
    after = await tellAfter(after, listeners, app);
    await clock.sleep(EVENT_POLL_MS, stop);
  }
  await tellAfter(after, listeners, app);
  await listeners.drain(clock);
}

/** Gives how far it came: a store that cannot be read now is asked again. */
async function tellAfter(after: number, listeners: Listeners, { store, log }: App): Promise<number> {
  let last = after;
  try {
    for (;;) {
      const events = await store.events.list({ after: last, limit: EVENTS_A_POLL });
      for (const event of events) {
        last = event.sequence;
        listeners.tell(event);
      }
      if (events.length < EVENTS_A_POLL) return last;
    }
  } catch (error) {
    log.error({ err: error }, 'the events cannot be read now; listeners hear of them later');
    return last;
  }
}
