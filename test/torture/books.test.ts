import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causeOf } from './books/causes.ts';
import { balancePosts } from './books/posts.ts';
import { killedFamilies, livingAfterRevocation } from './books/grants.ts';
import { balanceRenewals } from './books/renewals.ts';
import { badTokens, falseRefusals } from './books/tokens.ts';
import { measureWindows } from './books/window.ts';
import type { Evidence } from './evidence.ts';
import { readHistory, type ExchangeFact } from './history.ts';
import { accessToken, attempt, end, event, evidence, exchange, post, SENDER, T, type MadeUp } from './made-up-books.ts';
import { PROVIDER } from './plan.ts';
import type { AttemptRecord } from './records.ts';

/** The judges of a run, on made-up books: what must be noticed is noticed, and what is excused is excused. */

test('an exchange that an attempt has for renewed is stored, and nothing is lost', () => {
  const books = balanceRenewals(evidence({ exchanges: [exchange()], attempts: [attempt({ outcome: 'renewed' })] }));
  assert.deepEqual(books.lost, []);
  assert.deepEqual(books.invented, []);
});

test('an exchange is of the attempt that began a moment after it, where clocks are apart and the one before was over', () => {
  const before = attempt({ id: 'before', outcome: 'unavailable', startedAtMs: T - 900, endedAtMs: T - 800 });
  const next = attempt({ id: 'next', outcome: 'renewed', startedAtMs: T + 100, endedAtMs: T + 150 });
  const found = (clocksApartMs: number, attempts: readonly AttemptRecord[]): string | undefined =>
    balanceRenewals(evidence({ exchanges: [exchange()], attempts, clocksApartMs })).entries[0]?.attempt?.id;
  assert.equal(found(500, [before, next]), 'next');
  assert.equal(found(50, [before, next]), 'before', 'too long after it');
  assert.equal(found(500, [{ ...before, endedAtMs: T + 10 }, next]), 'before', 'it was not over');
});

test('an answer that is lost without a fault, a kill or a pause is unexplained', () => {
  const books = balanceRenewals(evidence({ exchanges: [exchange()], attempts: [attempt()] }));
  assert.deepEqual(
    books.lost.map(({ cause }) => cause),
    ['unexplained'],
  );
});

test('an answer that a fault took is lost for that reason', () => {
  assert.equal(causeOf(exchange({ kind: 'lose', delayMs: 0 }), attempt(), evidence({})), 'answer lost on the way');
  assert.equal(causeOf(exchange({ kind: 'cut', delayMs: 0 }), attempt(), evidence({})), 'answer cut off on the way');
  const late = exchange({ kind: 'delay', delayMs: 3500 });
  assert.equal(causeOf(late, attempt(), evidence({})), 'answer later than anybody listens');
  assert.equal(causeOf(exchange({ kind: 'delay', delayMs: 300 }), attempt(), evidence({})), 'unexplained');
});

test('a kill of the sender excuses a loss only if it came before the answer could be durable', () => {
  const killedAt = (atMs: number): Evidence => evidence({ killings: [{ name: 'a', pid: SENDER, atMs }] });
  assert.equal(causeOf(exchange(), attempt(), killedAt(T + 20)), 'sender killed before it was durable');
  assert.equal(causeOf(exchange(), attempt(), killedAt(T + 30_000)), 'unexplained');
  const fullDisk = [{ fromMs: T - 5, toMs: T + 60_000 }];
  const held = { ...killedAt(T + 30_000), fullDisk };
  assert.equal(causeOf(exchange(), attempt(), held), 'sender killed before it was durable', 'no disk took it');
  const other = evidence({ killings: [{ name: 'b', pid: SENDER + 1, atMs: T + 20 }] });
  assert.equal(causeOf(exchange(), attempt(), other), 'unexplained');
});

test('a pause of the sender excuses nothing: the answer waits for it in the socket', () => {
  const paused = evidence({ pauses: [{ name: 'a', pid: SENDER, fromMs: T - 5, toMs: T + 5000 }] });
  assert.equal(causeOf(exchange(), attempt(), paused), 'unexplained');
});

test('a provider that is stopped until nobody listens, or killed with the answer, excuses a loss', () => {
  const stopped = evidence({ pauses: [{ name: PROVIDER, pid: 1, fromMs: T - 3500, toMs: T }] });
  const sentLongAgo = attempt({ startedAtMs: T - 3400 });
  assert.equal(causeOf(exchange(), sentLongAgo, stopped), 'provider stopped until nobody listened');
  const killed = evidence({ killings: [{ name: PROVIDER, pid: 1, atMs: T + 3 }] });
  assert.equal(causeOf(exchange(), attempt(), killed), 'provider killed before it left');
});

test('an answer that was in a spool and is not in the store is never excused', () => {
  const spooled = evidence({ spooled: new Set(['att']), killings: [{ name: 'a', pid: SENDER, atMs: T + 20 }] });
  assert.equal(causeOf(exchange(), attempt(), spooled), 'unexplained');
});

test('a connection that is ended although its last answer is stored was ended falsely', () => {
  const event = { atMs: T + 9000, type: 'connection.reauth_required', connectionId: 'con', postId: null, data: {} };
  const consents = [{ grantId: 'grant', handle: 'alice', atMs: T - 9000 }];
  const ended = (outcome: string): Evidence =>
    evidence({ exchanges: [exchange()], attempts: [attempt({ outcome })], events: [event], consents });
  assert.equal(balanceRenewals(ended('renewed')).falseEnds.length, 1);
  assert.equal(balanceRenewals(ended('unanswered')).falseEnds.length, 0);
});

test('a refresh token that is presented again needs a replay that says so', () => {
  const reuses = [{ grantId: 'grant', handle: 'alice', token: 'spent', atMs: T + 5000 }];
  const tokens = new Map([['spent', { ...accessToken(), kind: 'refresh' as const, spentAtMs: T }]]);
  const replay = attempt({ id: 'again', purpose: 'replay', startedAtMs: T + 5000 });
  assert.equal(
    balanceRenewals(evidence({ reuses, tokens, attempts: [attempt(), replay] })).presentedTwiceUnexplained.length,
    0,
  );
  assert.equal(
    balanceRenewals(evidence({ reuses, tokens, attempts: [attempt()] })).presentedTwiceUnexplained.length,
    1,
  );
});

test('a connection that a last renewal does not bring a token for is unsettled, unless its user must consent', () => {
  const proofs = new Map([['alice', '{"code":"unavailable"}']]);
  assert.equal(balanceRenewals(evidence({ proofs })).unsettled.length, 1);
  assert.equal(balanceRenewals(evidence({ proofs: new Map([['alice', 'renewed']]) })).unsettled.length, 0);
  assert.equal(balanceRenewals(evidence({ proofs, state: 'reauth_required' })).unsettled.length, 0);
  const replayed = evidence({ attempts: [attempt({ purpose: 'replay', outcome: 'renewed' })] });
  assert.equal(balanceRenewals(replayed).unsettled.length, 0, 'its replay came after the last renewals');
});

test('a post that is out twice is doubled; one that is out and unknown, failed or waiting here is missing', () => {
  const out = { id: '9', handle: 'alice', text: 'hello', atMs: T, fault: undefined };
  assert.equal(
    balancePosts(evidence({ remote: [out, { ...out, id: '10' }], posts: [post('published', '9')] })).doubled.length,
    1,
  );
  for (const status of ['unknown', 'failed', 'scheduled', 'publishing', 'cancelled'])
    assert.equal(balancePosts(evidence({ remote: [out], posts: [post(status)] })).missing.length, 1, status);
  assert.equal(balancePosts(evidence({ remote: [out], posts: [] })).missing.length, 1, 'nobody knows of it');
  assert.equal(balancePosts(evidence({ remote: [], posts: [post('published', '9')] })).missing.length, 1, 'not there');
  assert.equal(balancePosts(evidence({ remote: [out], posts: [post('published', '9')] })).missing.length, 0);
  assert.equal(balancePosts(evidence({ remote: [], posts: [post('unknown')] })).missing.length, 0);
  const waiting = { ...post('scheduled'), dueAtMs: Date.now() + 60_000 };
  assert.equal(balancePosts(evidence({ posts: [waiting] })).missing.length, 0, 'its time is to come');
  assert.equal(balancePosts(evidence({ posts: [{ ...waiting, dueAtMs: T }] })).missing.length, 1, 'due, and forgotten');
  const searched = { ...post('unknown'), dueAtMs: T };
  assert.equal(balancePosts(evidence({ remote: [out], posts: [searched] })).missing.length, 0, 'its look is to come');
});

test('a post that was accepted and then forgotten is missing', () => {
  assert.equal(balancePosts(evidence({ accepted: [{ id: 'pst', text: 'hello' }] })).missing.length, 1);
});

test("a token that is another user's, nobody's, or was over already was not good", () => {
  const read = { handle: 'alice', tokenHash: 'h', fromMs: T, toMs: T + 5 };
  const found = (token: Partial<ReturnType<typeof accessToken>> | undefined): number => {
    const tokens = new Map(token === undefined ? [] : [['h', { ...accessToken(), ...token }]]);
    return badTokens([], evidence({ reads: [read], tokens })).length;
  };
  assert.deepEqual(
    [found({}), found(undefined), found({ handle: 'bob' }), found({ expiresAtMs: T - 1 })],
    [0, 1, 1, 1],
  );
});

test('a token that a renewal replaced is bad from the moment at which the answer is settled here, and not before', () => {
  const tokens = new Map([['h', { ...accessToken(), ended: { why: 'replaced' as const, atMs: T } }]]);
  const replacing = { ...exchange(), replaced: ['h'] };
  const found = (fromMs: number, isStored: boolean): number => {
    const entry = { exchange: replacing, attempt: attempt({ endedAtMs: T + 100 }), isStored };
    const reads = [{ handle: 'alice', tokenHash: 'h', fromMs, toMs: fromMs + 5 }];
    return badTokens([entry], evidence({ reads, tokens })).length;
  };
  assert.deepEqual([found(T + 50, true), found(T + 101, true), found(T + 101, false)], [0, 1, 0]);
});

test('a token that a revocation ended is bad once the revocation is done here; what a user does there is never known', () => {
  const found = (why: 'revoked_by_client' | 'removed_by_user', fromMs: number): number => {
    const tokens = new Map([['h', { ...accessToken(), ended: { why, atMs: T } }]]);
    const reads = [{ handle: 'alice', tokenHash: 'h', fromMs, toMs: fromMs + 5 }];
    return badTokens([], evidence({ reads, tokens, events: [event('connection.revoked', T + 100)] })).length;
  };
  assert.deepEqual([found('revoked_by_client', T + 60), found('revoked_by_client', T + 200)], [0, 1]);
  assert.equal(found('removed_by_user', T + 200), 0);
});

test('a reader is refused rightly once the provider has ended the stored token before its time', () => {
  const refusal = refusedAt(T + 500, 'uncertain');
  const found = (replaced: readonly string[], version: number): number => {
    const entry = { exchange: { ...exchange(), replaced }, attempt: attempt({ version }), isStored: false };
    return falseRefusals([refusal], [entry], evidence({})).length;
  };
  assert.deepEqual([found(['h'], 1), found([], 1), found(['h'], 2)], [0, 1, 1]);
  assert.equal(falseRefusals([refusal], [], evidence({ ends: [end('removed_by_user', T)] })).length, 0);
  const living = { ...end('removed_by_user', T), endsAccess: false };
  assert.equal(
    falseRefusals([refusal], [], evidence({ ends: [living] })).length,
    1,
    'its tokens are read without asking',
  );
});

test('a node that does not reach the database may refuse what it has not kept, and says why', () => {
  const away = { how: 'reset', fromMs: T - 1000, toMs: T + 100 };
  const found = (node: string | undefined, refusal: ReturnType<typeof refusedAt>): number =>
    falseRefusals([refusal], [], evidence({ outages: [{ ...away, node }] })).length;
  const unavailable = refusedAt(T + 50, 'store_unavailable');
  assert.deepEqual([found('a', unavailable), found(undefined, unavailable)], [0, 0]);
  assert.equal(found('b', unavailable), 1, 'its own way was good');
  assert.equal(found('a', refusedAt(T + 60_000, 'store_unavailable')), 1, 'long after');
  assert.equal(found('a', refusedAt(T + 50, 'uncertain')), 1, 'another reason is none');
});

function refusedAt(atMs: number, answer: string): Parameters<typeof falseRefusals>[0][number] {
  return { handle: 'alice', node: 'a', fromMs: atMs - 5, atMs, answer, version: 1, issuedAtMs: T - 1000 };
}

test('a family that a reuse ended although its last token was here was killed, unless somebody forced the renewal', () => {
  const found = (isStored: boolean, more: MadeUp = {}): number => {
    const entry = { exchange: exchange(), attempt: attempt(), isStored };
    return killedFamilies([entry], evidence({ ends: [end('reuse', T + 500)], ...more })).length;
  };
  assert.deepEqual([found(true), found(false), found(false, { spooled: new Set(['att']) })], [1, 0, 1]);
  assert.equal(found(true, { forced: [{ handle: 'alice', fromMs: T, toMs: T + 600 }] }), 0);
  assert.equal(found(true, { ends: [end('removed_by_user', T + 500)] }), 0);
});

test('an end is true where others ended the grant, also one that was attached after a later consent', () => {
  const consents = [
    { grantId: 'older', handle: 'alice', atMs: T + 100 },
    { grantId: 'grant', handle: 'alice', atMs: T + 200 },
  ];
  const events = [event('connection.created', T + 300), event('connection.reauth_required', T + 900)];
  const found = (grantId: string, exchanges: readonly ExchangeFact[] = []): number => {
    const ends = [{ ...end('removed_by_user', T + 150), grantId }];
    const attempts = [attempt({ startedAtMs: T + 390, outcome: 'renewed' })];
    return balanceRenewals(evidence({ consents, events, ends, exchanges, attempts })).falseEnds.length;
  };
  assert.deepEqual([found('older'), found('another')], [0, 1]);
  assert.equal(found('older', [{ ...exchange(), atMs: T + 400 }]), 1, 'what was exchanged since was of the later one');
});

test('a connection that was revoked at the provider has no living refresh token that was here', () => {
  const consents = [{ grantId: 'grant', handle: 'alice', atMs: T - 9000 }];
  const refresh = { ...accessToken(), kind: 'refresh' as const };
  const found = (token: Partial<typeof refresh>, isStored: boolean, atProvider = true): number => {
    const entry = { exchange: exchange(), attempt: attempt(), isStored };
    const events = [{ ...event('connection.revoked', T + 500), data: { at_provider: atProvider } }];
    const tokens = new Map([['next', { ...refresh, ...token }]]);
    return livingAfterRevocation([entry], evidence({ consents, events, tokens })).length;
  };
  assert.deepEqual([found({}, true), found({}, false), found({}, true, false)], [1, 0, 0]);
  assert.equal(found({ spentAtMs: T }, true), 0);
  assert.equal(found({ ended: { why: 'revoked_by_client', atMs: T + 400 } }, true), 0);
});

test('the window ends when the commit has returned, and an answer that was delayed does not count', () => {
  const entry = { exchange: exchange(), attempt: attempt({ outcome: 'renewed', endedAtMs: T + 10 }), isStored: true };
  const commits = new Map([
    [
      SENDER,
      [
        { startedAtMs: T + 3, durableAtMs: T + 5 },
        { startedAtMs: T + 11, durableAtMs: T + 17 },
      ],
    ],
  ]);
  assert.equal(measureWindows([entry], evidence({ commits })).calm?.max, 17);
  const delayed = { ...entry, exchange: exchange({ kind: 'delay', delayMs: 300 }) };
  assert.equal(measureWindows([delayed], evidence({ commits })).all, undefined);
  const disturbed = evidence({ commits, killings: [{ name: 'b', pid: 7, atMs: T - 1000 }] });
  assert.equal(measureWindows([entry], disturbed).calm, undefined);
  assert.equal(measureWindows([entry], disturbed).all?.count, 1);
});

test('the journal of the provider tells of exchanges, their faults, and what was presented again', () => {
  const user = { id: 'u', handle: 'alice', name: 'Alice' };
  const grant = {
    id: 'grant',
    clientId: 'c',
    userId: 'u',
    scopes: [],
    consentedAtMs: T,
    renewals: 0,
    tokenHashes: [],
    end: undefined,
  };
  const token = (hash: string) => ({
    ...accessToken(),
    kind: 'refresh' as const,
    hash,
    parentId: undefined,
    reuses: 0,
    revokedAtMs: undefined,
    issuedAtMs: T,
  });
  const fault = {
    id: 'f',
    endpoint: 'token',
    kind: 'lose',
    status: 0,
    body: undefined,
    headers: {},
    handled: true,
    delayMs: 0,
    remaining: 1,
  } as const;
  const history = readHistory([
    [{ kind: 'user_met', user }],
    [
      { kind: 'grant_opened', grant },
      { kind: 'token_issued', token: token('one') },
    ],
    [{ kind: 'fault_ordered', fault }],
    [
      { kind: 'fault_struck', faultId: 'f', counts: 'answersLost' },
      { kind: 'token_spent', hash: 'one', atMs: T + 5 },
      { kind: 'token_issued', token: token('two') },
    ],
    [{ kind: 'token_reused', hash: 'one' }],
  ]);
  assert.deepEqual(history.exchanges, [
    { ...exchange(), atMs: T + 5, successor: 'two', fault: { kind: 'lose', delayMs: 0 } },
  ]);
  assert.deepEqual([history.reuses.length, history.struck['lose']], [1, 1]);
});
