import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forgetHistory, historyLimits, keepForgetting, SPENT_KEPT_MS } from '../../src/app/forgetting.ts';
import { readHistoryDays } from '../../src/app/history-days.ts';
import { appOptionsOf } from '../../src/app/library/options.ts';
import type { App } from '../../src/app/open.ts';
import { timelineOf } from '../../src/app/timeline.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/model/clock.ts';
import { KippuError } from '../../src/model/errors.ts';
import type { HistoryLimits, HistoryPortion } from '../../src/model/history-store.ts';
import { CATALOGUE } from '../../src/providers/index.ts';
import { serveKippu, type ServedKippu } from '../server/served-kippu.ts';

const NEVER = new AbortController().signal;

/** Alice's connection, renewed so often, an hour apart; everybody has been told. */
async function renewedOften(kippu: ServedKippu, times: number): Promise<void> {
  await kippu.connect('alice');
  for (let n = 0; n < times; n += 1) {
    await kippu.clock.advance(HOUR_MS);
    assert.equal((await kippu.operator.post('/v1/connections/x:alice/renew')).status, 200);
  }
  await kippu.app.store.notices.fanOut({ channel: 'webhook', limit: 1000 });
}

async function renewals(kippu: ServedKippu): Promise<{ readonly attempts: number; readonly told: number }> {
  const timeline = await timelineOf('x:alice', kippu.app);
  return {
    attempts: timeline.filter(({ kind }) => kind === 'attempt').length,
    told: timeline.filter((entry) => entry.kind === 'event' && entry.event.type === 'connection.renewed').length,
  };
}

describe('old history', () => {
  it('is forgotten by the worker, a while after its start; the timeline begins with the consent all the same', async () => {
    await using kippu = await serveKippu({ withWorker: true });
    await renewedOften(kippu, 14);
    await kippu.clock.advance(91 * DAY_MS);
    kippu.worker?.start();
    await kippu.clock.advance(2 * MINUTE_MS);
    assert.deepEqual(await renewals(kippu), { attempts: 14, told: 14 }, 'not at once');
    await kippu.clock.advance(5 * MINUTE_MS);
    assert.deepEqual(await renewals(kippu), { attempts: 10, told: 10 });
    const [first] = (await kippu.operator.get('/v1/connections/x:alice/timeline')).json.items;
    assert.equal(first.type, 'connection.created');
    assert.match(kippu.answers.logged.join('\n'), /"rows":4,"days":90,.*old history is forgotten/);
    assert.equal((await kippu.operator.post('/v1/connections/x:alice/renew')).status, 200);
  });

  it('is kept for as many days as are wanted, and with 0 for good', async () => {
    await using kippu = await serveKippu();
    await renewedOften(kippu, 14);
    const forget = (historyDays: number | undefined): Promise<void> =>
      kippu.until(forgetHistory({ ...kippu.app, options: { ...kippu.app.options, historyDays } }, NEVER));
    await kippu.clock.advance(30 * DAY_MS);
    await forget(undefined);
    await kippu.clock.advance(2 * DAY_MS);
    await forget(0);
    assert.equal((await renewals(kippu)).attempts, 14);
    await forget(7);
    assert.equal((await renewals(kippu)).attempts, 10);
  });

  it('of which somebody is still to be told is kept until he is', async () => {
    await using kippu = await serveKippu();
    await renewedOften(kippu, 0);
    for (let n = 0; n < 13; n += 1) {
      await kippu.operator.post('/v1/connections/x:alice/renew');
      await kippu.clock.advance(HOUR_MS);
    }
    await kippu.clock.advance(100 * DAY_MS);
    await kippu.until(forgetHistory(kippu.app, NEVER));
    assert.deepEqual(await renewals(kippu), { attempts: 13, told: 13 });
    await kippu.app.store.notices.fanOut({ channel: 'webhook', limit: 1000 });
    await kippu.clock.advance(DAY_MS / 2);
    await kippu.until(forgetHistory(kippu.app, NEVER));
    assert.deepEqual(await renewals(kippu), { attempts: 13, told: 13 }, 'the next round is due tomorrow');
    await kippu.clock.advance(DAY_MS);
    await kippu.until(forgetHistory(kippu.app, NEVER));
    assert.deepEqual(await renewals(kippu), { attempts: 10, told: 10 });
  });
});

/** Says what it was asked, and answers as it is told. */
class ScriptedHistory {
  readonly asked: HistoryLimits[] = [];
  readonly #answers: (HistoryPortion | undefined | Error)[];
  readonly #takesMs: number;
  readonly #kippu: ServedKippu;

  constructor(kippu: ServedKippu, takesMs: number, answers: readonly (HistoryPortion | undefined | Error)[]) {
    this.#kippu = kippu;
    this.#takesMs = takesMs;
    this.#answers = [...answers];
  }

  get app(): App {
    const { app } = this.#kippu;
    const history = { ...app.store.history, forget: (limits: HistoryLimits) => this.#forget(limits) };
    return { ...app, store: { ...app.store, history } };
  }

  async #forget(limits: HistoryLimits): Promise<HistoryPortion | undefined> {
    this.asked.push(limits);
    await this.#kippu.app.options.outside.clock.sleep(this.#takesMs);
    const answer = this.#answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  }
}

const MORE: HistoryPortion = { forgotten: 500, roundForgot: undefined };

describe('a round of forgetting', () => {
  it('takes a tenth of the time at most, and goes on until it is over', async () => {
    await using kippu = await serveKippu();
    const history = new ScriptedHistory(kippu, 200, [MORE, MORE, { forgotten: 1, roundForgot: 1001 }]);
    const beganAtMs = kippu.clock.nowMs();
    await kippu.until(forgetHistory(history.app, NEVER));
    const [first, second] = history.asked;
    assert.equal(history.asked.length, 3);
    assert.ok((second?.endedBeforeMs ?? 0) - (first?.endedBeforeMs ?? 0) >= 2000, 'it rests between two portions');
    assert.ok(kippu.clock.nowMs() - beganAtMs >= 2 * 2000 + 200);
  });

  it('is left to whoever is at it', async () => {
    await using kippu = await serveKippu();
    const history = new ScriptedHistory(kippu, 0, [MORE, undefined, MORE]);
    await kippu.until(forgetHistory(history.app, NEVER));
    assert.equal(history.asked.length, 2);
  });

  it('that fails is reported, and goes on an hour later', async () => {
    await using kippu = await serveKippu();
    const stop = new AbortController();
    const history = new ScriptedHistory(kippu, 0, [new Error('gone'), MORE, { forgotten: 1, roundForgot: 501 }]);
    const failures: unknown[] = [];
    const guarded = (round: () => Promise<void>): Promise<void> =>
      round().catch((error: unknown) => void failures.push(error));
    const forgetting = keepForgetting(history.app, stop.signal, guarded);
    await kippu.clock.advance(10 * MINUTE_MS);
    assert.deepEqual([history.asked.length, failures.length], [1, 1]);
    await kippu.clock.advance(80 * MINUTE_MS);
    assert.deepEqual([history.asked.length, failures.length], [3, 1]);
    stop.abort();
    await kippu.until(forgetting);
  });

  it('ends after a portion when the worker stops', async () => {
    await using kippu = await serveKippu();
    const stop = new AbortController();
    const history = new ScriptedHistory(kippu, 100, [MORE, MORE, MORE]);
    const round = forgetHistory(history.app, stop.signal);
    await kippu.clock.advance(50);
    stop.abort();
    await kippu.until(round);
    assert.equal(history.asked.length, 1);
  });

  it('asks for portions that are small, and for nothing at all where everything is kept', async () => {
    await using kippu = await serveKippu();
    const history = new ScriptedHistory(kippu, 0, [undefined]);
    await kippu.until(forgetHistory({ ...history.app, options: { ...kippu.app.options, historyDays: 0 } }, NEVER));
    assert.deepEqual(history.asked, []);
    await kippu.until(forgetHistory(history.app, NEVER));
    assert.deepEqual(
      history.asked.map(({ rowsMax, connectionsMax }) => [rowsMax, connectionsMax]),
      [[100, 100]],
    );
  });
});

describe('how long it is kept', () => {
  const nowMs = 10_000 * DAY_MS;

  it('is 90 days unless somebody says otherwise, and never so short that a spool may still be asked', () => {
    assert.equal(readHistoryDays(undefined), 90);
    assert.deepEqual(
      ['7', ' 30 ', '0', '36500', 7].map((given) => readHistoryDays(given)),
      [7, 30, 0, 36_500, 7],
    );
    for (const given of ['6', '1', '-1', '7.5', '90d', 'forever', '1e3', '36501', Number.NaN, 0.5])
      assert.throws(
        () => readHistoryDays(given),
        (error) =>
          error instanceof KippuError &&
          error.code === 'invalid' &&
          error.where === 'KIPPU_HISTORY_DAYS' &&
          error.message.includes(`"${given}"`) &&
          error.message.includes('from 7 to 36500'),
        String(given),
      );
  });

  it('is checked in the library, too', async () => {
    await using kippu = await serveKippu();
    const options = { publicUrl: 'http://127.0.0.1:4180', store: async () => assert.fail('not opened'), providers: [] };
    const { outside } = kippu.app.options;
    assert.equal(appOptionsOf(options, outside).historyDays, 90);
    assert.equal(appOptionsOf({ ...options, historyDays: 0 }, outside).historyDays, 0);
    assert.throws(() => appOptionsOf({ ...options, historyDays: 3 }, outside), {
      code: 'invalid',
      where: 'historyDays',
    });
  });

  it('is longer for fingerprints than any provider documents that a grant lives, whatever was set', () => {
    const longest = CATALOGUE.map(({ id, refresh }) => ({ id, ms: refresh.absoluteMs ?? 0 }));
    assert.deepEqual(
      longest.filter(({ ms }) => ms >= SPENT_KEPT_MS),
      [],
    );
    const killing = CATALOGUE.filter(({ refresh }) => refresh.reuseKillsFamily);
    assert.ok(killing.length > 1);
    for (const { id, refresh } of killing) assert.notEqual(refresh.absoluteMs, undefined, `${id} says no end`);
    assert.ok(
      longest.some(({ ms }) => ms > 100 * DAY_MS),
      'none was looked at',
    );
    assert.equal(historyLimits(7, { nowMs, chance: 0 }).spentBeforeMs, nowMs - 400 * DAY_MS);
    assert.equal(historyLimits(500, { nowMs, chance: 0 }).spentBeforeMs, nowMs - 500 * DAY_MS);
  });

  it('the next round is a day away, more or less', () => {
    for (const chance of [0, 0.5, 0.999]) {
      const { nextRoundAtMs } = historyLimits(90, { nowMs, chance });
      assert.ok(Math.abs(nextRoundAtMs - nowMs - DAY_MS) <= 0.1 * DAY_MS, String(chance));
    }
  });
});
