import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Session } from '../../src/app/session/session.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import { KippuError } from '../../src/model/errors.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { KEYS, SessionWorld, type Browser } from './session-world.ts';

describe('what a ledger holds', () => {
  let world: SessionWorld;
  let session: Session;
  let alice: Browser;
  beforeEach(async () => {
    world = new SessionWorld();
    session = world.process();
    alice = world.browser();
    await alice.signIn(session);
  });
  afterEach(() => world.close());

  function look(sql: string): Record<string, unknown>[] {
    const db = new DatabaseSync(join(world.directory, 'ledger.db'), { readOnly: true });
    try {
      return db
        .prepare(sql)
        .all()
        .map((row) => ({ ...row }));
    } finally {
      db.close();
    }
  }
  const held = (): unknown[] => look('select length(sealed) > 0 as held from credentials').map((row) => row['held']);

  it('is nothing before the first renewal, tokens until the browser has held the result for half a minute, and then none', async () => {
    assert.deepEqual(held(), []);
    await world.clock.advance(2 * HOUR_MS);
    const renewed = await world.settle(session.getAccessToken(alice.request()));
    assert.deepEqual(held(), [1]);
    await world.clock.advance(DAY_MS / 24);
    await world.settle(session.getAccessToken(alice.request()));
    assert.deepEqual(held(), [1], 'the browser has not shown that it has it');
    alice.store(renewed.setCookies);
    await alice.use(session);
    await world.clock.advance(20 * SECOND_MS);
    await alice.use(session);
    assert.deepEqual(held(), [1]);
    await world.clock.advance(2 * MINUTE_MS);
    await alice.use(session);
    await session.close();
    assert.deepEqual(held(), [0]);
    assert.deepEqual(look('select id from attempts'), []);
  });

  it('of a session that was signed out is a tombstone without tokens, until its end; then nothing', async () => {
    const bob = world.browser();
    await bob.signIn(session, 'bob');
    await world.clock.advance(2 * HOUR_MS);
    const copy = alice.copy();
    await alice.use(session);
    await alice.ask(session, '/auth/logout', { method: 'POST' });
    assert.deepEqual(held(), [0]);
    assert.deepEqual(look('select state from connections'), [{ state: 'revoked' }]);
    await world.clock.advance(100 * DAY_MS);
    await bob.use(session);
    await assert.rejects(session.getAccessToken(copy.request()), { code: 'unauthenticated' });
    await bob.use(session);
    await world.clock.advance(99 * DAY_MS);
    const carol = world.browser();
    await carol.signIn(session, 'carol');
    await carol.use(session);
    await session.close();
    assert.deepEqual(
      look("select state from connections where state = 'revoked'"),
      [],
      'no cookie of it can be good any more',
    );
  });

  it('holds no token and no key that its reader could use, whatever it holds', async () => {
    await world.clock.advance(2 * HOUR_MS);
    const token = await alice.use(session);
    const texts = look('select * from credentials').concat(look('select * from consents'), look('select * from home'));
    const all = texts
      .flatMap((row) => Object.values(row))
      .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
      .join('\n');
    assert.ok(!all.includes(token));
    assert.ok(!all.includes(KEYS.slice(3)));
  });

  it('less than the cookie knows: the cookie is believed, and nothing is presented twice', async () => {
    const other = world.process({ ledger: sqlite(join(world.directory, 'other.db')) });
    for (const each of [session, other, session, other]) {
      await world.clock.advance(2 * HOUR_MS);
      assert.ok(world.provider.knowsAsGood(await alice.use(each)));
    }
    assert.deepEqual([world.renewals, world.presentedTwice, world.reuses], [4, 0, []]);
  });

  /** A process whose ledger refuses one kind of write for as long as it is told to. */
  function fullAt(what: 'create' | 'advance'): { readonly process: Session; hasRoom: boolean } {
    const open = sqlite(join(world.directory, 'ledger.db'));
    const full = {
      hasRoom: false,
      process: world.process({
        ledger: async (outside) => {
          const store = await open(outside);
          const refuse = (kind: 'create' | 'advance'): void => {
            if (kind === what && !full.hasRoom) throw new KippuError('store_unavailable', 'The disk is full.');
          };
          const consents: typeof store.consents = {
            ...store.consents,
            create: async (consent) => {
              refuse('create');
              return store.consents.create(consent);
            },
            advance: async (...move) => {
              refuse('advance');
              return store.consents.advance(...move);
            },
          };
          return { ...store, consents };
        },
      }),
    };
    return full;
  }

  for (const what of ['create', 'advance'] as const) {
    it(`that cannot be written (${what}) takes no answer: its code is not sent, and its browser alone may bring it again`, async () => {
      const full = fullAt(what);
      const bob = world.browser();
      const answer = world.provider.controls.consent(await bob.depart(full.process), { user: 'bob' });
      const sent = world.sent.length;
      assert.equal((await bob.comeBack(full.process, answer)).status, 503);
      full.hasRoom = true;
      const mallory = world.browser();
      await mallory.depart(full.process);
      const response = await mallory.comeBack(full.process, answer);
      assert.deepEqual([response.status, response.headers.getSetCookie()], [400, []]);
      assert.equal(world.sent.length, sent);
      assert.equal((await bob.comeBack(full.process, answer)).status, 303);
      assert.equal((await full.process.getAccessToken(bob.request())).handle, 'bob');
    });
  }

  it('in a copy is not used: the two would spend one another’s tokens', async () => {
    await session.getAccessToken(alice.request());
    await session.close();
    copyFileSync(join(world.directory, 'ledger.db'), join(world.directory, 'copy.db'));
    const copy = world.process({ ledger: sqlite(join(world.directory, 'copy.db')) });
    await assert.rejects(copy.getAccessToken(alice.request()), { code: 'store_copied' });
  });

  it('opens with its own key ring alone', async () => {
    await session.getAccessToken(alice.request());
    const other = world.process({ keys: `k9:${Buffer.alloc(32, 9).toString('base64')}` });
    await assert.rejects(other.getAccessToken(alice.request()), { code: 'wrong_key_ring' });
  });
});
