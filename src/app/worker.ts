import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import { tendDueSchedules } from '../posts/schedules/tend.ts';
import { tendDuePosts } from '../posts/worker.ts';
import { reapplySpool } from '../renewal/reapply.ts';
import { tendDue } from '../renewal/tend.ts';
import { pollDeviceSessions } from './device-sessions.ts';
import type { Courier } from '../notify/courier.ts';
import { keepForgetting } from './forgetting.ts';
import { courierOf } from './notices.ts';
import type { App } from './open.ts';
import { Repeats } from './repeats.ts';
import { settlePendingConsents } from './pending-consents.ts';
import { lookAtComing } from './ready-on-time.ts';

const ROUND_MS = 500;
const CHORES_MS = 5000;
const DEVICES_MS = 1000;
const TIDY_MS = HOUR_MS;
const TIDY_SPOOL_MS = MINUTE_MS;
const ISSUERS_MS = 10 * SECOND_MS;
const COMING_MS = 10 * MINUTE_MS;
/** Rounds that may wait for slow providers at the same time; more work is left to the next one. */
const ROUNDS_AT_ONCE = 4;
const EVENTS_MS = 1000;
const EVENTS_A_ROUND = 200;
const POSTS_A_ROUND = 20;
const SCHEDULES_A_ROUND = 20;
const CONSENTS_KEPT_MS = 30 * 24 * HOUR_MS;

/**
 * What happens without anybody asking: due connections, posts and schedules, consents that wait for a name, answers that
 * wait in the spool, notices for whoever wants to hear, history that is old. Rounds do not wait for each other, so that one
 * slow provider holds nobody else up; a round that fails is reported and the next one comes.
 */
export class Worker {
  readonly #app: App;
  readonly #courier: Courier;
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[] = [];
  readonly #rounds = new Set<Promise<void>>();
  readonly #failures: Repeats;
  #lastRoundAtMs: number | undefined;
  /** Of the events, the last one that was logged. */
  #loggedUpTo: number | undefined;

  constructor(app: App) {
    this.#app = app;
    this.#courier = courierOf(app);
    this.#failures = new Repeats(app.options.outside.clock);
  }

  start(): void {
    if (this.#app.copied !== undefined) return;
    this.#loops.push(
      this.#every('connections', ROUND_MS, () => this.#tendConnections()),
      this.#every('posts', ROUND_MS, () => this.#tendPosts()),
      this.#every('devices', DEVICES_MS, () => pollDeviceSessions(this.#app)),
      this.#every('schedules', ROUND_MS, () => this.#tendSchedules()),
      this.#every('chores', CHORES_MS, () => this.#doChores()),
      this.#every('tidying the spool', TIDY_SPOOL_MS, async () => {
        this.#app.spool.tidy();
      }),
      this.#every('tidying', TIDY_MS, async () => {
        await reapplySpool(this.#app.renewal, { again: true });
        await this.#courier.forget();
      }),
      this.#every('what comes', COMING_MS, () => this.#lookAtComing()),
      this.#every('issuers', ISSUERS_MS, () => this.#app.issuers.tend()),
      this.#every('events', EVENTS_MS, () => this.#logEvents()),
      this.#every('notices', ROUND_MS, () => this.#courier.fanOut()),
      this.#every('deliveries', ROUND_MS, () => this.#courier.sendDue()),
      keepForgetting(this.#app, this.#stop.signal, (round) => this.#guarded('history', round)),
    );
  }

  /** Takes nothing new, and waits for the rounds under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
    await Promise.all(this.#rounds);
    await this.#courier.drain();
  }

  /** Whether it has been at work within the last minute. */
  isAlive(): boolean {
    const { clock } = this.#app.options.outside;
    return this.#lastRoundAtMs !== undefined && clock.monotonicMs() - this.#lastRoundAtMs < MINUTE_MS;
  }

  async #every(name: string, everyMs: number, round: () => Promise<void>): Promise<void> {
    const { clock } = this.#app.options.outside;
    let underWay = 0;
    while (!this.#stop.signal.aborted) {
      if (underWay < ROUNDS_AT_ONCE) {
        underWay += 1;
        const done = this.#guarded(name, round).finally(() => {
          underWay -= 1;
          this.#rounds.delete(done);
        });
        this.#rounds.add(done);
      }
      await clock.sleep(everyMs, this.#stop.signal);
    }
  }

  async #guarded(name: string, round: () => Promise<void>): Promise<void> {
    try {
      await round();
      this.#lastRoundAtMs = this.#app.options.outside.clock.monotonicMs();
    } catch (error) {
      // Whatever keeps one round from the store mostly keeps all of them.
      const unsaid = this.#failures.worthSaying(error instanceof Error ? error.message : String(error));
      if (unsaid === undefined) return;
      const repeated = unsaid === 0 ? {} : { repeated: unsaid };
      this.#app.log.error({ err: error, round: name, ...repeated }, 'a round of the worker failed; the next one comes');
    }
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
      stop: this.#stop.signal,
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
    const { spool, renewal, store, options } = this.#app;
    await reapplySpool(renewal);
    await spool.prepare();
    await settlePendingConsents(this.#app);
    const nowMs = options.outside.clock.nowMs();
    await store.consents.expire({ nowMs, forgetBeforeMs: nowMs - CONSENTS_KEPT_MS });
  }
}
