import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionJson, TimelineEntryJson } from '../../src/cli/api/json.ts';
import { timelineOf, type Reading } from '../../src/cli/timeline/reading.ts';

const at = (minutes: number): string => new Date(Date.UTC(2026, 10, 21, 9, minutes)).toISOString();
const ms = (minutes: number): number => Date.UTC(2026, 10, 21, 9, minutes);

const CONNECTION: ConnectionJson = {
  id: 'con_00000000000000000000',
  name: 'x:alice',
  provider: 'x',
  rests_on: 'consent',
  owner: '',
  subject: '1',
  handle: 'alice',
  state: 'active',
  state_reason: null,
  scopes: [],
  policy: 'on-use',
  access_expires_at: at(240),
  refresh_expires_at: at(10_000),
  renewable: true,
  granted_at: at(0),
  last_renewed_at: at(60),
  renewals: 1,
  next_due_at: null,
  metadata: {},
};

function event(
  minutes: number,
  type: Extract<TimelineEntryJson, { kind: 'event' }>['type'],
  data = {},
): TimelineEntryJson {
  return { kind: 'event', id: 'evt_00000000000000000000', at: at(minutes), type, data };
}

function attempt(
  minutes: number,
  outcome: Extract<TimelineEntryJson, { kind: 'attempt' }>['outcome'],
): TimelineEntryJson {
  return {
    kind: 'attempt',
    id: 'att_00000000000000000000',
    at: at(minutes),
    purpose: 'renewal',
    version: 1,
    outcome,
    error: null,
    ended_at: at(minutes),
    replays: 0,
  };
}

function read(entries: readonly TimelineEntryJson[], changed: Partial<Reading> = {}): ReturnType<typeof timelineOf> {
  return timelineOf({ connection: CONNECTION, entries, nowMs: ms(200), ...changed });
}

describe('a history, read for the timeline', () => {
  it('lets an access token live until its end, or until there is a newer one', () => {
    const { access, marks } = read([
      event(0, 'connection.created', { access_expires_at: at(120) }),
      event(60, 'connection.renewed', { access_expires_at: at(180) }),
      event(190, 'connection.renewed', { access_expires_at: at(310) }),
    ]);
    assert.deepEqual(access, [
      { fromMs: ms(0), untilMs: ms(60) },
      { fromMs: ms(60), untilMs: ms(180) },
      { fromMs: ms(190), untilMs: ms(310) },
    ]);
    assert.deepEqual(
      marks.map(({ kind }) => kind),
      ['consent', 'renewed', 'ended', 'renewed'],
    );
  });

  it('takes the end of the last token from the connection where the event does not say it', () => {
    assert.deepEqual(read([event(0, 'connection.created')]).access, [{ fromMs: ms(0), untilMs: ms(240) }]);
  });

  it('ends the grant where the user had to consent again, and begins it anew with the next consent', () => {
    const over = [event(0, 'connection.created'), event(100, 'connection.reauth_required', { reason: 'answer_lost' })];
    const ended = read(over, { connection: { ...CONNECTION, state: 'reauth_required', state_reason: 'answer_lost' } });
    assert.deepEqual(ended.refresh, { fromMs: ms(0), untilMs: ms(100) });
    assert.equal(ended.marks.at(-1)?.kind, 'reauth');
    assert.deepEqual(read([...over, event(150, 'connection.created')]).refresh, {
      fromMs: ms(150),
      untilMs: ms(10_000),
    });
  });

  it('has no grant to show where there is no refresh token', () => {
    assert.equal(
      read([event(0, 'connection.created')], {
        connection: { ...CONNECTION, renewable: false, refresh_expires_at: null },
      }).refresh,
      undefined,
    );
  });

  it('marks attempts by what they ended in, and leaves to the event what the event says', () => {
    const kinds = (
      ['renewed', 'unavailable', 'not_sent', 'misconfigured', 'unanswered', 'rejected', 'revoked', null] as const
    ).map((outcome) =>
      read([attempt(10, outcome)])
        .marks.map(({ kind }) => kind)
        .join(),
    );
    assert.deepEqual(kinds, ['', 'failed', 'failed', 'misconfigured', 'uncertain', 'failed', '', '']);
  });

  it('marks warnings, revocations, reuse, and token sets that were kept aside', () => {
    const { marks } = read([
      event(1, 'connection.reauth_soon'),
      event(2, 'connection.reuse_detected'),
      event(3, 'connection.revoked'),
      { kind: 'orphan', at: at(4), tried: false },
      event(5, 'provider.misconfigured'),
    ]);
    assert.deepEqual(
      marks.map(({ kind }) => kind),
      ['warning', 'reuse', 'revoked', 'orphan'],
    );
  });
});
