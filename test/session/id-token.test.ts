import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Session } from '../../src/app/session/session.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import { tenant } from '../support/made-up-providers.ts';
import { SessionWorld, type Browser } from './session-world.ts';

describe('the ID token of a session', () => {
  let world: SessionWorld;
  let session: Session;
  let alice: Browser;
  beforeEach(async () => {
    world = new SessionWorld({ provider: tenant });
    session = world.process();
    alice = world.browser();
    await alice.signIn(session);
  });
  afterEach(() => world.close());

  /** As a page of the application, which tells the browser what it must. */
  async function ask(options: Parameters<Session['getIdToken']>[1] = {}): Promise<Readonly<Record<string, unknown>>> {
    const { claims, setCookies } = await session.getIdToken(alice.request(), options);
    alice.store(setCookies);
    return claims;
  }

  it('comes with its claims and end, and nothing is renewed for it', async () => {
    const { idToken, claims, expiresAt, setCookies } = await session.getIdToken(alice.request());
    assert.equal(claims['nickname'], 'alice');
    assert.equal(expiresAt, Number(claims['exp']) * 1000);
    assert.equal(idToken.split('.').length, 3);
    assert.deepEqual([setCookies, world.renewals], [[], 0]);
  });

  it('is renewed when it is over or older than wanted, in seconds, once for all who ask', async () => {
    await world.clock.advance(HOUR_MS);
    await ask({ maxAge: 7200 });
    assert.equal(world.renewals, 0);
    const asked = Array.from({ length: 10 }, () => session.getIdToken(alice.request(), { maxAge: 900 }));
    const answers = await Promise.all(asked);
    assert.equal(new Set(answers.map(({ idToken }) => idToken)).size, 1);
    assert.equal(world.renewals, 1);
    alice.store(answers[0]?.setCookies ?? []);
    await world.clock.advance(11 * HOUR_MS);
    const claims = await ask();
    assert.ok(Number(claims['exp']) * 1000 > world.clock.nowMs());
    assert.deepEqual([world.renewals, world.presentedTwice], [2, 0]);
  });

  it('is renewed by whoever comes a second time, too: each renewal begins where the last one ended', async () => {
    for (const round of [1, 2, 3]) {
      await world.clock.advance(HOUR_MS);
      await ask({ maxAge: 900 });
      assert.equal(world.renewals, round);
    }
  });

  it('is not renewed twice in a minute, however young it is wanted', async () => {
    for (let asked = 0; asked < 10; asked += 1) {
      await world.clock.advance(5 * SECOND_MS);
      await ask({ maxAge: 0 });
    }
    assert.equal(world.renewals, 0);
    await world.clock.advance(15 * SECOND_MS);
    await ask({ maxAge: 0 });
    assert.equal(world.renewals, 1);
  });

  for (const [trouble, says] of [
    ['other_user', /another user/],
    ['wrong_nonce', /nonce/],
    ['unsigned', /alg/i],
  ] as const) {
    it(`with ${trouble} after a renewal is not handed out, and the access token is`, async () => {
      world.provider.controls.set({ idTokens: trouble });
      await world.clock.advance(25 * HOUR_MS);
      await assert.rejects(session.getIdToken(alice.request()), (error: Error) => says.test(error.message));
      const token = await alice.use(session);
      assert.ok(world.provider.knowsAsGood(token));
      assert.equal(world.renewals, 1, 'a bad one is no reason to rotate');
    });
  }

  it('with another browser’s nonce at the sign-in ends the sign-in, and the tokens are given back', async () => {
    world.provider.controls.set({ idTokens: 'wrong_nonce' });
    const mallory = world.browser();
    const response = await mallory.signIn(session, 'mallory');
    assert.equal(response.status, 400);
    assert.deepEqual([...mallory.cookies], []);
    const { grants, tokens } = world.provider.controls.state();
    const hers = grants.find(({ user }) => user === 'mallory')?.id;
    const refresh = tokens.filter(({ grant, kind }) => grant === hers && kind === 'refresh');
    assert.deepEqual([refresh.length, refresh.every(({ revokedAtMs }) => revokedAtMs !== null)], [1, true]);
  });

  it('that comes ended already is said to be so, and asked for once', async () => {
    world.provider.controls.set({ idTokens: 'ended' });
    await world.clock.advance(11 * HOUR_MS);
    for (let asked = 0; asked < 3; asked += 1) {
      await assert.rejects(session.getIdToken(alice.request()), { code: 'id_token_invalid' });
    }
    assert.equal(world.renewals, 1);
  });

  it('that a renewal did not bring is over with its time: nothing is rotated for it again', async () => {
    world.provider.controls.set({ idTokens: 'missing' });
    await world.clock.advance(11 * HOUR_MS);
    for (let asked = 0; asked < 3; asked += 1) {
      await assert.rejects(session.getIdToken(alice.request()), { code: 'reauth_required' });
      alice.store((await session.getAccessToken(alice.request())).setCookies);
      await world.clock.advance(5 * MINUTE_MS);
    }
    assert.equal(world.renewals, 1);
  });

  it('that no renewal brings is over for good: the user signs in again, and nothing is rotated for it', async () => {
    const closed = world.process({ renewal: false, ledger: undefined });
    const bob = world.browser();
    await bob.signIn(closed, 'bob');
    const kept = bob.copy();
    await world.clock.advance(MINUTE_MS * 2);
    await assert.rejects(closed.getIdToken(kept.request(), { maxAge: 60 }), {
      code: 'reauth_required',
      connectUrl: 'https://app.example/auth/login/auth0',
    });
  });

  it('is not kept where that is chosen, which makes the cookies smaller', async () => {
    const lean = world.process({ keepIdToken: false });
    const bob = world.browser();
    await bob.signIn(lean, 'bob');
    assert.ok(bob.header.length < alice.header.length * 0.7, `${bob.header.length} of ${alice.header.length}`);
    await assert.rejects(lean.getIdToken(bob.request()), { code: 'not_found' });
    await world.clock.advance(25 * HOUR_MS);
    await bob.use(lean);
    await assert.rejects(lean.getIdToken(bob.request()), { code: 'not_found' });
  });

  it('is not renewed where no cookie can be set', async () => {
    await world.clock.advance(HOUR_MS);
    const old = { maxAge: 900, canSetCookies: false };
    await assert.rejects(session.getIdToken(alice.request(), old), { code: 'cannot_rotate' });
    assert.equal(world.renewals, 0);
  });
});
