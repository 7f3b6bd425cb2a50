import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import type { Fingerprint } from '../../src/model/ids.ts';
import { decide, type Verdict } from '../../src/renewal/decide.ts';
import type { Need } from '../../src/renewal/need.ts';
import { accessKilling, idling, withRefresh } from '../support/made-up-providers.ts';
import { ACCESS, NOW, NOW_MS, seen } from './seen.ts';

const use: Need = { kind: 'use', minTtlMs: undefined };
const useFor = (minTtlMs: number): Need => ({ kind: 'use', minTtlMs });
const refused: Need = { kind: 'refused', accessFingerprint: ACCESS };
const refusedAnother: Need = { kind: 'refused', accessFingerprint: 'another' as Fingerprint };
const now: Need = { kind: 'now', afterVersion: 3 };
const ahead: Need = { kind: 'ahead' };

const over = { accessExpiresAtMs: NOW_MS - 1 };
/** Half a minute of life: too little for most, better than nothing. */
const short = { accessExpiresAtMs: NOW_MS + 30 * SECOND_MS };
const LEASED = { isLeased: true };
const noRefresh = { refreshFingerprint: undefined };
const ended = { state: 'reauth_required', stateReason: 'expired' } as const;
const appHeld = (more: object) => ({
  app: { misconfiguredSinceMs: NOW_MS, holdUntilMs: undefined, error: 'wrong secret', heldForOperator: false, ...more },
});

interface Row {
  readonly says: string;
  readonly of: Parameters<typeof seen>[0];
  readonly need: Need;
  readonly verdict: Verdict['kind'];
}

const ROWS: readonly Row[] = [
  // Serve what is good.
  { says: 'a token with an hour left is served', of: {}, need: use, verdict: 'serve' },
  {
    says: 'a token with exactly a minute left is not enough',
    of: { credential: { accessExpiresAtMs: NOW_MS + MINUTE_MS } },
    need: use,
    verdict: 'renew',
  },
  {
    says: 'a token with a little more than a minute left is enough',
    of: { credential: { accessExpiresAtMs: NOW_MS + MINUTE_MS + 1 } },
    need: use,
    verdict: 'serve',
  },
  {
    says: 'of a token that lives five minutes, a tenth is enough',
    of: { credential: { accessIssuedAtMs: NOW_MS - 4 * MINUTE_MS, accessExpiresAtMs: NOW_MS + 31 * SECOND_MS } },
    need: use,
    verdict: 'serve',
  },
  {
    says: 'a caller who wants more life than is left has it renewed',
    of: { credential: { accessExpiresAtMs: NOW_MS + 50 * MINUTE_MS } },
    need: useFor(51 * MINUTE_MS),
    verdict: 'renew',
  },
  {
    says: 'a caller who wants the life that is left is served',
    of: {},
    need: useFor(59 * MINUTE_MS),
    verdict: 'serve',
  },
  {
    says: 'a caller who wants more than half of the whole life gets half, or every call would rotate',
    of: { credential: { accessExpiresAtMs: NOW_MS + 61 * MINUTE_MS } },
    need: useFor(100 * HOUR_MS),
    verdict: 'serve',
  },
  {
    says: 'a caller who wants more than half of the whole life does not get less',
    of: {},
    need: useFor(100 * HOUR_MS),
    verdict: 'renew',
  },
  {
    says: 'a fresh token satisfies whoever asks for its whole life',
    of: { credential: { accessIssuedAtMs: NOW_MS } },
    need: useFor(100 * HOUR_MS),
    verdict: 'serve',
  },
  {
    says: 'a caller who asks for no life at all is served half a minute',
    of: { credential: short },
    need: useFor(0),
    verdict: 'serve',
  },
  {
    says: 'a token without an end is served',
    of: { credential: { accessExpiresAtMs: undefined } },
    need: useFor(DAY_MS),
    verdict: 'serve',
  },
  {
    says: 'a token without an end that was refused is not',
    of: { credential: { accessExpiresAtMs: undefined, accessRefusedAtMs: NOW_MS } },
    need: use,
    verdict: 'renew',
  },
  { says: 'a token that is over is renewed', of: { credential: over }, need: use, verdict: 'renew' },
  // A refused token.
  { says: 'the refused token is renewed', of: {}, need: refused, verdict: 'renew' },
  { says: 'who had another token refused gets the stored one', of: {}, need: refusedAnother, verdict: 'serve' },
  {
    says: 'a token that is refused in its first minute is refused for another reason',
    of: { credential: { accessIssuedAtMs: NOW_MS - 59 * SECOND_MS } },
    need: refused,
    verdict: 'refused',
  },
  {
    says: 'the refused token is never served again, whoever holds the lease',
    of: { look: LEASED },
    need: refused,
    verdict: 'wait',
  },
  {
    says: 'a token that somebody had refused is not served to others',
    of: { credential: { accessRefusedAtMs: NOW_MS }, look: LEASED },
    need: use,
    verdict: 'wait',
  },
  // Because somebody asked for it.
  { says: 'a renewal is made because somebody asks for it', of: {}, need: now, verdict: 'renew' },
  {
    says: 'a renewal that was made since satisfies whoever asked for it',
    of: { credential: { version: 4 } },
    need: now,
    verdict: 'serve',
  },
  // The worker's.
  { says: 'on-use renews nothing ahead', of: { credential: short }, need: ahead, verdict: 'serve' },
  {
    says: 'always renews before the end',
    of: { credential: { ...short, policy: 'always' } },
    need: ahead,
    verdict: 'renew',
  },
  {
    says: 'on-use renews before the idle end',
    of: {
      provider: idling,
      credential: { refreshIdleEndsAtMs: NOW_MS + MINUTE_MS, accessIssuedAtMs: NOW_MS - DAY_MS },
    },
    need: ahead,
    verdict: 'renew',
  },
  {
    says: 'an open question makes the worker look',
    of: { attempt: { startedAtMs: NOW_MS } },
    need: ahead,
    verdict: 'uncertain',
  },
  // Ends.
  {
    says: 'a revoked connection is revoked, though its token lives',
    of: { credential: { state: 'revoked' } },
    need: use,
    verdict: 'revoked',
  },
  {
    says: 'after the grant has ended, the token that lives is served',
    of: { credential: ended },
    need: use,
    verdict: 'serve',
  },
  {
    says: 'after the grant has ended and the token is over, a consent is needed',
    of: { credential: { ...ended, ...over } },
    need: use,
    verdict: 'reauth_required',
  },
  {
    says: 'after the grant has ended, nobody renews because he asks for it',
    of: { credential: ended },
    need: now,
    verdict: 'reauth_required',
  },
  {
    says: 'without a refresh token a consent is needed',
    of: { credential: { ...noRefresh, ...over } },
    need: use,
    verdict: 'reauth_required',
  },
  {
    says: 'without a refresh token the living token is served to the end',
    of: { credential: { ...noRefresh, ...short } },
    need: use,
    verdict: 'serve',
  },
  // Obstacles.
  { says: 'who finds the lease taken waits', of: { credential: over, look: LEASED }, need: use, verdict: 'wait' },
  {
    says: 'who finds the lease taken is served what lives',
    of: { credential: short, look: LEASED },
    need: use,
    verdict: 'serve',
  },
  { says: 'who finds the lease taken and wants a renewal waits', of: { look: LEASED }, need: now, verdict: 'wait' },
  {
    says: 'a held app renews nothing',
    of: { credential: { ...over, ...appHeld({ heldForOperator: true }) } },
    need: use,
    verdict: 'misconfigured',
  },
  {
    says: 'a held app renews nothing because somebody asks for it either',
    of: { credential: appHeld({ heldForOperator: true }) },
    need: now,
    verdict: 'misconfigured',
  },
  {
    says: 'a held app serves what lives',
    of: { credential: { ...short, ...appHeld({ heldForOperator: true }) } },
    need: use,
    verdict: 'serve',
  },
  {
    says: 'an app that is refused waits for its hold',
    of: { credential: { ...over, ...appHeld({ holdUntilMs: NOW_MS + 1 }) } },
    need: use,
    verdict: 'misconfigured',
  },
  {
    says: 'an app whose hold is over tries again',
    of: { credential: { ...over, ...appHeld({ holdUntilMs: NOW_MS }) } },
    need: use,
    verdict: 'renew',
  },
  {
    says: 'a connection that failed waits for its hold',
    of: { credential: { ...over, holdUntilMs: NOW_MS + 1 } },
    need: use,
    verdict: 'unavailable',
  },
  {
    says: 'a connection that failed serves what lives',
    of: { credential: { ...short, holdUntilMs: NOW_MS + 1 } },
    need: use,
    verdict: 'serve',
  },
  {
    says: 'a connection that failed tries again because somebody asks for it',
    of: { credential: { holdUntilMs: NOW_MS + 1 } },
    need: now,
    verdict: 'renew',
  },
  {
    says: 'a connection whose hold is over tries again',
    of: { credential: { ...over, holdUntilMs: NOW_MS } },
    need: use,
    verdict: 'renew',
  },
  // Uncertainty.
  { says: 'an uncertain connection serves what lives', of: { attempt: {} }, need: use, verdict: 'serve' },
  {
    says: 'an uncertain connection without a living token waits until all is quiet',
    of: { credential: over, attempt: { startedAtMs: NOW_MS } },
    need: use,
    verdict: 'uncertain',
  },
  {
    says: 'an uncertain connection with nothing left to lose is replayed',
    of: { credential: over, attempt: {} },
    need: use,
    verdict: 'renew',
  },
  {
    says: 'an uncertain connection that may not be replayed is given up',
    of: { credential: over, attempt: {}, replay: false },
    need: use,
    verdict: 'give_up',
  },
  {
    says: 'where a renewal kills the access token, the worker asks with it',
    of: { provider: accessKilling, attempt: {} },
    need: ahead,
    verdict: 'ask',
  },
  {
    says: 'a refresh token that stays good leaves no question',
    of: { provider: withRefresh({ rotation: 'reusable' }), attempt: { startedAtMs: NOW_MS } },
    need: ahead,
    verdict: 'renew',
  },
];

for (const { says, of, need, verdict } of ROWS) {
  test(says, () => {
    assert.equal(decide(seen(of), need, NOW).kind, verdict);
  });
}

test('a connection of another app is misconfigured before anything is sent, and before anything is served', () => {
  for (const need of [use, refused, now, ahead]) {
    const verdict = decide({ ...seen({ credential: over }), app: undefined }, need, NOW);
    assert.ok(verdict.kind === 'misconfigured');
    assert.match(verdict.error, /another client id, another issuer/);
  }
});

test('a revoked connection of another app is revoked', () => {
  assert.equal(decide({ ...seen({ credential: { state: 'revoked' } }), app: undefined }, use, NOW).kind, 'revoked');
});

test('who asks with the old token gets it if he wants a token, and the question otherwise', () => {
  const worker = decide(seen({ provider: accessKilling, attempt: {} }), ahead, NOW);
  assert.ok(worker.kind === 'ask' && worker.otherwise.kind === 'uncertain');
  const caller = decide(seen({ provider: accessKilling, attempt: {} }), useFor(2 * HOUR_MS), NOW);
  assert.ok(caller.kind === 'ask' && caller.otherwise.kind === 'serve');
});

test('a replay counts the replays before it', () => {
  const verdict = decide(seen({ credential: over, attempt: { replays: 2, endedAtMs: NOW_MS - DAY_MS } }), use, NOW);
  assert.ok(verdict.kind === 'renew');
  assert.deepEqual([verdict.purpose, verdict.replays], ['replay', 3]);
});

test('what stands in the way says until when, and what the reason was', () => {
  assert.deepEqual(decide(seen({ credential: { ...over, holdUntilMs: NOW_MS + 5 } }), use, NOW), {
    kind: 'unavailable',
    error: 'the last renewal failed for the time being',
    retryAtMs: NOW_MS + 5,
  });
  assert.deepEqual(decide(seen({ credential: { ...over, ...ended } }), use, NOW), {
    kind: 'reauth_required',
    reason: 'expired',
  });
});
