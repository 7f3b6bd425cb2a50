import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import type { Need } from '../../src/renewal/need.ts';
import { resolve, type Resolution } from '../../src/renewal/resolve.ts';
import {
  accessKilling,
  familyKilling,
  reusable,
  withForkingWindow,
  withReuseWindow,
} from '../support/made-up-providers.ts';
import { ACCESS, attempt, NOW, NOW_MS, seen } from './seen.ts';

const use: Need = { kind: 'use', minTtlMs: undefined };
const refused: Need = { kind: 'refused', accessFingerprint: ACCESS };
const over = { accessExpiresAtMs: NOW_MS - 1 };
const ago = (ms: number) => ({ startedAtMs: NOW_MS - ms, endedAtMs: NOW_MS - ms + 1 });
/** Connecting, the late answer and the margin, at the default timing. */
const PATIENCE_MS = 10 * SECOND_MS + 2 * MINUTE_MS + 2 * MINUTE_MS;

function resolved(of: Parameters<typeof seen>[0], need: Need = use): Resolution {
  const looked = seen({ attempt: {}, ...of });
  return resolve(looked, looked.credential.openAttempt ?? attempt(), need, NOW);
}

const REPLAY: Resolution = { kind: 'renew', purpose: 'replay', replays: 1 };
const LATER = (retryAtMs: number): Resolution => ({ kind: 'uncertain', retryAtMs });

test('nothing is done before the original request can neither act nor answer', () => {
  assert.deepEqual(resolved({ credential: over, attempt: ago(PATIENCE_MS - 1) }), LATER(NOW_MS + 1));
  assert.deepEqual(resolved({ credential: over, attempt: ago(PATIENCE_MS) }), REPLAY);
});

test('what the wall clock ran ahead is added to the time that a sender is given', () => {
  const ahead = { clockAheadMs: 3_600_000 };
  const attempt = ago(PATIENCE_MS + 3_599_999);
  assert.deepEqual(resolved({ credential: over, look: ahead, attempt }), LATER(NOW_MS + 1));
  assert.deepEqual(resolved({ credential: over, look: ahead, attempt: ago(PATIENCE_MS + 3_600_000) }), REPLAY);
});

test('where the sender is provably gone, fifteen seconds after its end are enough', () => {
  const gone = { isSenderGone: true };
  assert.deepEqual(
    resolved({ credential: over, look: gone, attempt: { startedAtMs: NOW_MS - 20_000, endedAtMs: NOW_MS - 14_999 } }),
    LATER(NOW_MS + 1),
  );
  assert.deepEqual(
    resolved({ credential: over, look: gone, attempt: { startedAtMs: NOW_MS - 20_000, endedAtMs: NOW_MS - 15_000 } }),
    REPLAY,
  );
});

test('a sender that is gone and whose end nobody noted may have been connecting still', () => {
  const gone = { isSenderGone: true };
  assert.deepEqual(
    resolved({ credential: over, look: gone, attempt: { startedAtMs: NOW_MS - 24_999, endedAtMs: undefined } }),
    LATER(NOW_MS + 1),
  );
  assert.deepEqual(
    resolved({ credential: over, look: gone, attempt: { startedAtMs: NOW_MS - 25_000, endedAtMs: undefined } }),
    REPLAY,
  );
});

test('a sender that is gone is never waited for longer than one that is not', () => {
  assert.deepEqual(
    resolved({
      credential: over,
      look: { isSenderGone: true },
      attempt: { startedAtMs: NOW_MS - PATIENCE_MS, endedAtMs: NOW_MS },
    }),
    REPLAY,
  );
});

test('while the access token lives there is something to lose, and nothing is replayed', () => {
  assert.deepEqual(resolved({}), LATER(NOW_MS + HOUR_MS));
});

test('an access token without an end is looked at again within a day: only its refusal moves this on', () => {
  assert.deepEqual(resolved({ credential: { accessExpiresAtMs: undefined } }), LATER(NOW_MS + DAY_MS));
  assert.deepEqual(resolved({ credential: { accessExpiresAtMs: undefined } }, refused), REPLAY);
});

test('a refused access token counts as ended', () => {
  assert.deepEqual(resolved({}, refused), REPLAY);
  assert.deepEqual(resolved({ credential: { accessRefusedAtMs: NOW_MS } }), REPLAY);
});

test('where a renewal kills the old access token, that one is asked first', () => {
  assert.equal(resolved({ provider: accessKilling }).kind, 'ask');
  assert.deepEqual(
    resolved({ provider: accessKilling, credential: over }),
    REPLAY,
    'a token that is over tells nothing',
  );
  assert.deepEqual(resolved({ provider: accessKilling }, refused), REPLAY, 'a refusal has told already');
});

test('inside a documented reuse window a replay is right if the whole of it fits', () => {
  // A window of ten minutes; connecting and answering take forty seconds at most.
  assert.deepEqual(resolved({ provider: withReuseWindow, attempt: ago(560 * SECOND_MS) }), REPLAY);
  assert.deepEqual(resolved({ provider: withReuseWindow, attempt: ago(561 * SECOND_MS) }), LATER(NOW_MS + HOUR_MS));
});

test('inside a window that forks the family nothing is replayed', () => {
  assert.deepEqual(resolved({ provider: withForkingWindow, attempt: ago(5 * MINUTE_MS) }), LATER(NOW_MS + HOUR_MS));
});

test('a window is used once', () => {
  assert.equal(
    resolved({ provider: withReuseWindow, attempt: { ...ago(5 * MINUTE_MS), replays: 1 } }).kind,
    'uncertain',
  );
});

test('a window is not used by whom the operator has forbidden to replay', () => {
  assert.equal(resolved({ provider: withReuseWindow, attempt: ago(5 * MINUTE_MS), replay: false }).kind, 'uncertain');
});

test('where a reuse kills the family, the sender’s spool must be known to be empty', () => {
  const of = { provider: familyKilling, credential: over };
  const { endedAtMs = 0 } = attempt();
  assert.deepEqual(resolved(of), LATER(NOW_MS + MINUTE_MS), 'no word from the sender');
  assert.deepEqual(
    resolved({ ...of, look: { senderSpoolEmptyAtMs: endedAtMs } }),
    LATER(NOW_MS + MINUTE_MS),
    'an older word',
  );
  assert.deepEqual(resolved({ ...of, look: { senderSpoolEmptyAtMs: endedAtMs + 1 } }), REPLAY);
});

test('that nothing waited in the spool while the request was under way says nothing of its answer', () => {
  const startedAtMs = NOW_MS - 2 * PATIENCE_MS;
  const open = { startedAtMs, endedAtMs: undefined };
  const said = (senderSpoolEmptyAtMs: number): Resolution =>
    resolved({ provider: familyKilling, credential: over, attempt: open, look: { senderSpoolEmptyAtMs } });
  assert.deepEqual(said(startedAtMs + 1), LATER(NOW_MS + MINUTE_MS), 'the sender died with the answer a moment later');
  assert.deepEqual(said(startedAtMs + PATIENCE_MS), LATER(NOW_MS + MINUTE_MS));
  assert.deepEqual(said(startedAtMs + PATIENCE_MS + 1), REPLAY);
});

test('where a reuse kills the family, an operator decides for a sender that never comes back', () => {
  assert.deepEqual(resolved({ provider: familyKilling, credential: over }, { kind: 'now', afterVersion: 3 }), REPLAY);
});

test('who may not replay gives up when nothing lives any more, and not before', () => {
  assert.equal(resolved({ replay: false }).kind, 'uncertain');
  assert.equal(resolved({ replay: false, credential: over }).kind, 'give_up');
});

test('a replay that goes unanswered is repeated at growing distances, sixteen minutes apart at most', () => {
  const distances = [1, 2, 3, 4, 20].map((replays) => {
    const resolution = resolved({
      credential: over,
      attempt: { replays, startedAtMs: NOW_MS - PATIENCE_MS, endedAtMs: NOW_MS - 1 },
    });
    return resolution.kind === 'uncertain' ? resolution.retryAtMs - NOW_MS + 1 : resolution;
  });
  assert.deepEqual(distances, [MINUTE_MS, 4 * MINUTE_MS, 16 * MINUTE_MS, 16 * MINUTE_MS, 16 * MINUTE_MS]);
});

test('an outage is not a verdict: replays go on until the refresh token’s own end', () => {
  const long = { replays: 30, ...ago(2 * DAY_MS) };
  assert.deepEqual(resolved({ credential: over, attempt: long }), { kind: 'renew', purpose: 'replay', replays: 31 });
  assert.deepEqual(
    resolved({ credential: { ...over, refreshAbsoluteEndsAtMs: NOW_MS + 1 }, attempt: long }).kind,
    'renew',
  );
  assert.deepEqual(
    resolved({ credential: { ...over, refreshAbsoluteEndsAtMs: NOW_MS }, attempt: long }).kind,
    'give_up',
  );
  assert.deepEqual(resolved({ credential: { ...over, refreshIdleEndsAtMs: NOW_MS }, attempt: long }).kind, 'give_up');
});

test('even after the refresh token’s end it is replayed once: the calendar is no verdict', () => {
  assert.deepEqual(resolved({ credential: { ...over, refreshAbsoluteEndsAtMs: NOW_MS - DAY_MS } }), REPLAY);
});

test('a refresh token that its use does not spend is presented again at once', () => {
  assert.deepEqual(resolved({ provider: reusable, attempt: ago(1) }), REPLAY);
  assert.deepEqual(resolved({ provider: reusable, attempt: ago(1), replay: false }), REPLAY);
});
