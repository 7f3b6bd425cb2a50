import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import { tendDueSchedules } from '../posts/schedules/tend.ts';
import { tendDuePosts } from '../posts/worker.ts';
import { tendDue } from '../renewal/tend.ts';
import { pollDeviceSessions } from './device-sessions.ts';
import type { Courier } from '../notify/courier.ts';
import { keepForgetting } from './forgetting.ts';
import { courierOf } from './notices.ts';
import type { App } from './open.ts';
import { settlePendingConsents } from './pending-consents.ts';
import { lookAtComing } from './ready-on-time.ts';
import { Rounds } from './rounds.ts';

const ROUND_MS = 500;
const CHORES_MS = 5000;
const DEVICES_MS = 1000;
const TIDY_MS = HOUR_MS;
const ISSUERS_MS = 10 * SECOND_MS;
const COMING_MS = 10 * MINUTE_MS;
const EVENTS_MS = 1000;
const EVENTS_A_ROUND = 200;
const POSTS_A_ROUND = 20;
const SCHEDULES_A_ROUND = 20;
const CONSENTS_KEPT_MS = 30 * 24 * HOUR_MS;

/**
 * What happens without anybody asking: due connections, posts and schedules, consents that wait for a name, notices for
 * whoever wants to hear, history that is old. Any process may do it for all; what each has to do for itself, for its own
 * spool, goes on where no worker runs (`own-spool.ts`).
 */
export class Worker {
  readonly #app: App;
  readonly #courier: Courier;
  readonly #rounds: Rounds;
  /** Of the events, the last one that was logged. */
  #loggedUpTo: number | undefined;

  constructor(app: App) {
    this.#app = app;
    this.#courier = courierOf(app);
    this.#rounds = new Rounds(app.options.outside.clock, (error, facts) => {
      app.log.error({ err: error, ...facts }, 'a round of the worker failed; the next one comes');
    });
  }

  start(): void {
    if (this.#app.copied !== undefined) return;
    const every = (name: string, everyMs: number, round: () => Promise<void>): void => {
      this.#rounds.every(name, { everyMs }, round);
    };
    every('connections', ROUND_MS, () => this.#tendConnections());
    every('posts', ROUND_MS, () => this.#tendPosts());
    every('devices', DEVICES_MS, () => pollDeviceSessions(this.#app));
    every('schedules', ROUND_MS, () => this.#tendSchedules());
    every('chores', CHORES_MS, () => this.#doChores());
    every('tidying', TIDY_MS, () => this.#courier.forget());
    every('what comes', COMING_MS, () => this.#lookAtComing());
    every('issuers', ISSUERS_MS, () => this.#app.issuers.tend());
    every('events', EVENTS_MS, () => this.#logEvents());
    every('notices', ROUND_MS, () => this.#courier.fanOut());
    every('deliveries', ROUND_MS, () => this.#courier.sendDue());
    this.#rounds.alongside('history', (guarded) => keepForgetting(this.#app, this.#rounds.signal, guarded));
  }

  /** Takes nothing new, and waits for the rounds under way. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    await this.#courier.drain();
  }

  /** Whether it has been at work within the last minute. */
  isAlive(): boolean {
    const { clock } = this.#app.options.outside;
    const { lastAtMs } = this.#rounds;
    return lastAtMs !== undefined && clock.monotonicMs() - lastAtMs < MINUTE_MS;
  }

  async #tendConnections(): Promise<void> {
    const { flights, renewal, log } = this.#app;
    await tendDue(flights, renewal, (connection, error) => {
      log.error({ err: error, connection }, 'this connection could not be tended');
    });
  }

  async #tendPosts(): Promise<void> {
    const { failures } = await tendDuePosts(this.#app.posts, { limit: POSTS_A_ROUND });
    for (const { postId, error } of failures)
      this.#app.log.error({ err: error, post: postId }, 'this post could not be tended');
  }

  /** On the signal, whoever is being asked for a text is let go: he is asked again by the next worker. */
  async #tendSchedules(): Promise<void> {
    const { failures } = await tendDueSchedules(this.#app.schedules, {
      limit: SCHEDULES_A_ROUND,
      stop: this.#rounds.signal,
    });
    for (const { scheduleId, error } of failures)
      this.#app.log.error({ err: error, schedule: scheduleId }, 'this schedule could not be tended');
  }

  /** Is every connection that has something to publish alive, and will it be? */
  async #lookAtComing(): Promise<void> {
    await lookAtComing(this.#app, (connection, error) => {
      this.#app.log.error({ err: error, connection }, 'whether this connection is ready could not be seen');
    });
  }

  /** What happened, whoever did it: the log of the server tells the same story as the timeline. */
  async #logEvents(): Promise<void> {
    const { store, log } = this.#app;
    if (this.#loggedUpTo === undefined) {
      const [newest] = await store.events.list({ limit: 1, newestFirst: true });
      this.#loggedUpTo = newest?.sequence ?? 0;
      return;
    }
    for (const { sequence, type, connectionId, postId, data } of await store.events.list({
      after: this.#loggedUpTo,
      limit: EVENTS_A_ROUND,
    })) {
      this.#loggedUpTo = Math.max(this.#loggedUpTo, sequence);
      log.info({ connection: connectionId, post: postId, ...data }, type);
    }
  }

  async #doChores(): Promise<void> {
    const { store, options } = this.#app;
    await settlePendingConsents(this.#app);
    const nowMs = options.outside.clock.nowMs();
    await store.consents.expire({ nowMs, forgetBeforeMs: nowMs - CONSENTS_KEPT_MS });
  }
}
