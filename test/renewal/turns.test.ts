import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { SECOND_MS } from '../../src/model/clock.ts';
import type { ConnectionId, ProviderAppId } from '../../src/model/ids.ts';
import type { RenewalOutcome } from '../../src/model/outcome.ts';
import type { Need } from '../../src/renewal/need.ts';
import { Turns, type PutOff, type Turn } from '../../src/renewal/turns.ts';
import { settle, VirtualClock } from '../support/virtual-clock.ts';

const APP = 'app_x' as ProviderAppId;
const OTHER = 'app_other' as ProviderAppId;
const USE: Need = { kind: 'use', minTtlMs: undefined };
const AHEAD: Need = { kind: 'ahead' };
const NOW: Need = { kind: 'now', afterVersion: 1 };
const ANSWERED: RenewalOutcome = { kind: 'rejected', reason: 'rejected_unknown', error: 'no' };
const SILENCE: RenewalOutcome = { kind: 'unanswered', error: 'reset' };
const REFUSED_TO_CONNECT: RenewalOutcome = { kind: 'unavailable', error: 'connect', retryAfterMs: undefined };

describe('turns at a provider', () => {
  let clock: VirtualClock;
  let turns: Turns;
  /** In the order in which they were let in. */
  let entered: string[];

  beforeEach(() => {
    clock = new VirtualClock();
    // Half of every jitter.
    turns = new Turns(
      { clock, random: { bytes: () => new Uint8Array(), unit: () => 0.5 } },
      {
        atOnce: 2,
        aheadAtOnce: 1,
        silentConnections: 2,
      },
    );
    entered = [];
  });

  function ask(name: string, need: Need = USE, app = APP): Promise<Turn | PutOff> {
    const taken = turns.take({ app, connection: name as ConnectionId, need, waitMs: 30 * SECOND_MS });
    return taken.then((turn) => {
      if (turn.kind === 'turn') entered.push(name);
      return turn;
    });
  }

  async function turn(name: string, need: Need = USE): Promise<Turn> {
    const taken = await ask(name, need);
    assert.ok(taken.kind === 'turn', `${name} was put off`);
    return taken;
  }

  async function fail(name: string, outcome: RenewalOutcome = SILENCE): Promise<void> {
    const taken = await turn(name);
    taken.learn(outcome);
    taken.end();
  }

  it('are given at once while there is room, for each app by itself', async () => {
    await turn('a');
    await turn('b');
    void ask('c');
    await ask('d', USE, OTHER);
    assert.deepEqual(entered, ['a', 'b', 'd']);
  });

  it('come in the order of asking, those that somebody waits for first', async () => {
    const [a, b] = [await turn('a'), await turn('b')];
    for (const name of ['ahead 1', 'ahead 2']) void ask(name, AHEAD);
    for (const name of ['c', 'd', 'e']) void ask(name);
    a.end();
    await settle();
    b.end();
    await settle();
    assert.deepEqual(entered, ['a', 'b', 'c', 'd']);
  });

  it('leave room for readers, however much there is to do ahead', async () => {
    await turn('ahead 1', AHEAD);
    void ask('ahead 2', AHEAD);
    await turn('reader');
    assert.deepEqual(entered, ['ahead 1', 'reader']);
  });

  it('ended twice make room for one', async () => {
    const a = await turn('a');
    await turn('b');
    for (const name of ['c', 'd']) void ask(name);
    a.end();
    a.end();
    await settle();
    assert.deepEqual(entered, ['a', 'b', 'c']);
  });

  it('that were to be ahead are hurried once somebody waits for them, and are counted as his', async () => {
    const first = await turn('ahead 1', AHEAD);
    void ask('ahead 2', AHEAD);
    const third = ask('ahead 3', AHEAD);
    await settle();
    turns.hurry('ahead 3' as ConnectionId);
    await settle();
    assert.deepEqual(entered, ['ahead 1', 'ahead 3']);
    const hurried = await third;
    assert.ok(hurried.kind === 'turn');
    hurried.end();
    await settle();
    assert.deepEqual(entered, ['ahead 1', 'ahead 3'], 'one ahead is under way still');
    first.end();
    await settle();
    assert.deepEqual(entered, ['ahead 1', 'ahead 3', 'ahead 2']);
  });

  it('do not come for ever: who was to be ahead is put off after five seconds, to a moment of its own', async () => {
    await turn('ahead 1', AHEAD);
    const late = ask('ahead 2', AHEAD);
    await clock.advance(5 * SECOND_MS);
    assert.deepEqual(await late, {
      kind: 'put_off',
      error: 'too many renewals at this provider are under way',
      retryAtMs: clock.nowMs() + 10 * SECOND_MS,
    });
  });

  it('do not come for ever: who waited as long as his caller does is put off', async () => {
    await turn('a');
    await turn('b');
    const late = ask('c');
    await clock.advance(30 * SECOND_MS);
    assert.equal((await late).kind, 'put_off');
  });

  for (const outcome of [SILENCE, REFUSED_TO_CONNECT]) {
    it(`are kept from all when several connections had no answer (${outcome.kind}), and then one goes and looks`, async () => {
      await fail('a', outcome);
      await fail('b', outcome);
      assert.deepEqual(await ask('c'), {
        kind: 'put_off',
        error: 'the provider left several renewals unanswered',
        retryAtMs: clock.nowMs() + 750,
      });
      await clock.advance(750);
      await turn('c');
      void ask('d');
      await settle();
      assert.deepEqual(entered, ['a', 'b', 'c']);
    });
  }

  it('are not kept from anybody by one connection alone, however often it fails', async () => {
    for (let n = 0; n < 20; n += 1) await fail('a');
    await turn('b');
  });

  it('are not kept from anybody by failures between which there was an answer', async () => {
    await fail('a');
    await fail('b', ANSWERED);
    await fail('c');
    await turn('d');
  });

  it('are kept away for longer each time the silence goes on, half a minute at most', async () => {
    await fail('a');
    await fail('b');
    const pauses: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      const off = await ask('c');
      assert.ok(off.kind === 'put_off');
      pauses.push(off.retryAtMs - clock.nowMs());
      await clock.advance(off.retryAtMs - clock.nowMs());
      await fail('c');
    }
    assert.deepEqual(pauses, [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
  });

  it('are kept away no longer for failures of those who were under way already', async () => {
    const [a, b] = [await turn('a'), await turn('b')];
    await Promise.resolve();
    for (const one of [a, b, a, b]) one.learn(SILENCE);
    const off = await ask('c');
    assert.ok(off.kind === 'put_off');
    assert.equal(off.retryAtMs - clock.nowMs(), 750);
  });

  it('put off those who wait already, when the silence is found out', async () => {
    const [a, b] = [await turn('a'), await turn('b')];
    const waiting = [ask('c'), ask('d')];
    a.learn(SILENCE);
    b.learn(SILENCE);
    a.end();
    b.end();
    assert.deepEqual(
      (await Promise.all(waiting)).map(({ kind }) => kind),
      ['put_off', 'put_off'],
    );
  });

  it('are many again soon: each answer after a silence lets one more go', async () => {
    await fail('a');
    await fail('b');
    await clock.advance(SECOND_MS);
    const c = await turn('c');
    void ask('d');
    void ask('e');
    c.learn(ANSWERED);
    c.end();
    await settle();
    assert.deepEqual(entered, ['a', 'b', 'c', 'd', 'e']);
  });

  it('are given again at once when somebody who was under way is answered, and a new silence begins anew', async () => {
    for (let outage = 0; outage < 2; outage += 1) {
      await fail('a');
      const [b, c] = [await turn('b'), await turn('c')];
      b.learn(SILENCE);
      const off = await ask('d');
      assert.ok(off.kind === 'put_off');
      assert.equal(off.retryAtMs - clock.nowMs(), 750);
      c.learn(ANSWERED);
      b.end();
      c.end();
      await fail('d', ANSWERED);
    }
  });

  it('are given to who asks by hand, whatever the silence', async () => {
    await fail('a');
    await fail('b');
    await turn('c', NOW);
  });

  it('do not wait longer than a quarter of an hour for what a provider asks', async () => {
    const limited: RenewalOutcome = { kind: 'unavailable', error: 'HTTP 429', retryAfterMs: 3_600_000 };
    await fail('a', limited);
    const off = await ask('b', AHEAD);
    assert.ok(off.kind === 'put_off');
    assert.equal(off.retryAtMs - clock.nowMs(), 15 * 60 * SECOND_MS + 5 * SECOND_MS);
    await fail('b', limited);
    assert.equal((await ask('c')).kind, 'put_off');
    await clock.advance(15 * 60 * SECOND_MS);
    await turn('c');
  });

  it('wait for the latest moment that a provider has named, and for none once it answers', async () => {
    const limited = (retryAfterMs: number): RenewalOutcome => ({
      kind: 'unavailable',
      error: 'HTTP 429',
      retryAfterMs,
    });
    await fail('a', limited(60 * SECOND_MS));
    await fail('b', limited(SECOND_MS));
    await clock.advance(59 * SECOND_MS);
    assert.equal((await ask('c')).kind, 'put_off');
    await clock.advance(SECOND_MS);
    await fail('c', ANSWERED);
    await fail('d', limited(60 * SECOND_MS));
    await turn('e');
  });
});
