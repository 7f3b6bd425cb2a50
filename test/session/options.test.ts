import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { HOUR_MS } from '../../src/model/clock.ts';
import { xData } from '../../src/providers/data/x.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { KippuError } from '../../src/session.ts';
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
    for (const [wrong, where] of cases) await refused(wrong, where);
  });

  it('options that there are not, and values that mean nothing, are refused by the first call', async () => {
    const second = providerApp(xData, { clientId: 'another' });
    const cases: readonly (readonly [object, string])[] = [
      [{ sameSite: 'none' }, 'sameSite'],
      [{ lifetime: 'forever' }, 'lifetime'],
      [{ ledger: 'redis' }, 'ledger'],
      [{ ledger: 'redis://user:canary@cache' }, 'ledger'],
      [{ ledger: {} }, 'ledger'],
      [{ renewal: 'false' }, 'renewal'],
      [{ keepIdToken: 0 }, 'keepIdToken'],
      [{ onReuse: 'canary' }, 'onReuse'],
      [{ keys: ['canary'] }, 'keys'],
      [{ providers: [world.app, second] }, 'providers[1]'],
      [{ providers: [{ clientId: 'c', clientSecret: 'canary' }] }, 'providers[0]'],
      [{ providers: world.app }, 'providers'],
      [{ samesite: 'strict' }, 'samesite'],
    ];
    for (const [wrong, where] of cases) await refused(wrong, where);
  });

  it('a provider that is not there is not found, whoever is signed in', async () => {
    const session = world.process();
    const alice = world.browser();
    for (const signedIn of [false, true]) {
      if (signedIn) await alice.signIn(session);
      for (const asked of [
        session.getAccessToken(alice.request(), { provider: 'nope' }),
        session.getIdToken(alice.request(), { provider: 'nope' }),
        session.fetch(alice.request(), '/2/users/me', {}, { provider: 'nope' }),
      ])
        await assert.rejects(asked, { code: 'not_found', where: 'provider', message: /There is: x\./ });
    }
  });

  it('a call that cannot be made is an error of Kippu', async () => {
    const session = world.process();
    const alice = world.browser();
    await alice.signIn(session);
    for (const [url, init, where] of [
      ['http://[bad', {}, 'url'],
      ['https://user:canary@api.x.com/2/users/me', {}, 'url'],
      ['/2/users/me', { body: 'canary' }, 'init'],
    ] as const)
      await assert.rejects(session.fetch(alice.request(), url, init), (error) => {
        assert.ok(error instanceof KippuError, inspect(error));
        assert.deepEqual([error.code, error.where], ['invalid', where]);
        assert.doesNotMatch(inspect(error), /canary/);
        return true;
      });
  });

  async function refused(wrong: object, where: string): Promise<void> {
    const session = world.process(wrong);
    await assert.rejects(session.getAccessToken(world.browser().request()), (error) => {
      assert.ok(error instanceof KippuError, inspect(error));
      assert.deepEqual([error.code, error.where], ['invalid', where], error.message);
      assert.doesNotMatch(inspect(error), /canary/);
      return true;
    });
  }
});
