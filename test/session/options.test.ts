import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { HOUR_MS } from '../../src/model/clock.ts';
import { KippuError, type SessionOptions } from '../../src/session.ts';
import { SessionWorld } from './session-world.ts';

const NO_SPANS = [Number.NaN, Number.POSITIVE_INFINITY, -1, '60', null] as unknown as readonly number[];

describe('what a session is asked that it cannot be', () => {
  let world: SessionWorld;
  beforeEach(() => {
    world = new SessionWorld();
  });
  afterEach(() => world.close());

  it('a minTtl or a maxAge that is no span is refused by its name, and nothing is renewed', async () => {
    const session = world.process();
    const alice = world.browser();
    await alice.signIn(session);
    await world.clock.advance(HOUR_MS);
    for (const wrong of NO_SPANS) {
      const shown = typeof wrong === 'number' ? String(wrong) : JSON.stringify(wrong);
      for (const [name, asked] of [
        ['minTtl', session.getAccessToken(alice.request(), { minTtl: wrong })],
        ['minTtl', session.getAccessToken(alice.request(), { minTtl: wrong, refused: 'a' })],
        ['maxAge', session.getIdToken(alice.request(), { maxAge: wrong })],
      ] as const)
        await assert.rejects(asked, (error) => {
          assert.ok(error instanceof KippuError);
          assert.deepEqual([error.code, error.where], ['invalid', name]);
          assert.ok(error.message.startsWith(`${name} is ${shown}. Give a number of seconds`), error.message);
          return true;
        });
    }
    assert.equal(world.renewals, 0);
  });

  it('options that are no numbers where numbers are meant are refused by the first call', async () => {
    const cases = [
      [{ maxCookieBytes: Number.NaN }, 'maxCookieBytes'],
      [{ maxCookieBytes: -1 }, 'maxCookieBytes'],
      [{ maxCookieBytes: '7168' }, 'maxCookieBytes'],
      [{ timing: { deadlineMs: Number.NaN } }, 'timing.deadlineMs'],
      [{ timing: { replayMarginMs: -5 } }, 'timing.replayMarginMs'],
    ] as const;
    for (const [wrong, where] of cases) {
      const session = world.process(wrong as unknown as Partial<SessionOptions>);
      await assert.rejects(session.getAccessToken(world.browser().request()), { code: 'invalid', where });
    }
  });
});
