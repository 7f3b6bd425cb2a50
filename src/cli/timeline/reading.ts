import type { ConnectionJson, TimelineEntryJson } from '../api/json.ts';
import type { Life, Mark, TokenTimeline } from './drawing.ts';

export interface Reading {
  readonly connection: ConnectionJson;
  /** The oldest first. */
  readonly entries: readonly TimelineEntryJson[];
  readonly nowMs: number;
}

/** What a connection's history looks like on a time axis. */
export function timelineOf({ connection, entries, nowMs }: Reading): TokenTimeline {
  const issues = entries.flatMap((entry) => issueOf(entry));
  const access = issues.map((issue, index): Life => lifeOf(issue, issues[index + 1], connection));
  const refresh = grantOf(connection, entries);
  const ends = access.flatMap(({ untilMs }, index): Mark[] => {
    const isReplaced = untilMs === issues[index + 1]?.atMs;
    return untilMs === undefined || untilMs > nowMs || isReplaced ? [] : [{ kind: 'ended', atMs: untilMs }];
  });
  const isGrantOver = connection.state === 'reauth_required' || connection.state === 'revoked';
  const refreshEnd: Mark[] =
    refresh?.untilMs !== undefined && refresh.untilMs <= nowMs && !isGrantOver
      ? [{ kind: 'refreshEnded', atMs: refresh.untilMs }]
      : [];
  const marks = [...entries.flatMap((entry) => markOf(entry)), ...ends, ...refreshEnd].sort((a, b) => a.atMs - b.atMs);
  return { nowMs, marks, access, refresh };
}

/** A moment at which an access token was issued. */
interface Issue {
  readonly kind: 'consent' | 'renewed';
  readonly atMs: number;
  readonly expiresAtMs: number | undefined;
}

function issueOf(entry: TimelineEntryJson): Issue[] {
  if (entry.kind !== 'event') return [];
  const expiresAtMs = instantIn(entry.data, 'access_expires_at');
  const atMs = Date.parse(entry.at);
  switch (entry.type) {
    case 'connection.created':
      return [{ kind: 'consent', atMs, expiresAtMs }];
    case 'connection.renewed':
      return [{ kind: 'renewed', atMs, expiresAtMs }];
    default:
      return [];
  }
}

/** Until its end or the next token, whichever comes first: an older one is no longer handed out. */
function lifeOf(issue: Issue, next: Issue | undefined, connection: ConnectionJson): Life {
  const current = connection.access_expires_at === null ? undefined : Date.parse(connection.access_expires_at);
  const ownEndMs = issue.expiresAtMs ?? (next === undefined ? current : undefined);
  const ends = [ownEndMs, next?.atMs].filter((atMs) => atMs !== undefined);
  return { fromMs: issue.atMs, untilMs: ends.length === 0 ? undefined : Math.min(...ends) };
}

/** From the consent until the refresh token's end, or until the grant itself was ended. */
function grantOf(connection: ConnectionJson, entries: readonly TimelineEntryJson[]): Life | undefined {
  // A revoked connection has forgotten its refresh token, and not that it had one.
  if (!connection.renewable && connection.refresh_expires_at === null) return undefined;
  const fromMs = lastEventAt(entries, ['connection.created']) ?? Date.parse(connection.granted_at);
  const endedMs = lastEventAt(entries, ['connection.reauth_required', 'connection.revoked']);
  const isOver = connection.state === 'reauth_required' || connection.state === 'revoked';
  if (isOver && endedMs !== undefined) return { fromMs, untilMs: endedMs };
  return {
    fromMs,
    untilMs: connection.refresh_expires_at === null ? undefined : Date.parse(connection.refresh_expires_at),
  };
}

function lastEventAt(entries: readonly TimelineEntryJson[], types: readonly string[]): number | undefined {
  const last = entries.findLast((entry) => entry.kind === 'event' && types.includes(entry.type));
  return last === undefined ? undefined : Date.parse(last.at);
}

function markOf(entry: TimelineEntryJson): Mark[] {
  const atMs = Date.parse(entry.at);
  switch (entry.kind) {
    case 'orphan':
      return [{ kind: 'orphan', atMs }];
    case 'attempt':
      return attemptMark(entry, atMs);
    case 'event': {
      const kind = EVENT_MARKS[entry.type];
      return kind === undefined ? [] : [{ kind, atMs }];
    }
  }
}

/** What succeeded or stays open is marked by its event. */
function attemptMark(
  { outcome, ended_at: endedAt }: Extract<TimelineEntryJson, { kind: 'attempt' }>,
  startedAtMs: number,
): Mark[] {
  const atMs = endedAt === null ? startedAtMs : Date.parse(endedAt);
  switch (outcome) {
    case 'unavailable':
    case 'not_sent':
    case 'not_spent':
    case 'rejected':
      return [{ kind: 'failed', atMs }];
    case 'misconfigured':
      return [{ kind: 'misconfigured', atMs }];
    case 'unanswered':
      return [{ kind: 'uncertain', atMs: startedAtMs }];
    default:
      return [];
  }
}

const EVENT_MARKS: Readonly<Record<string, Mark['kind'] | undefined>> = {
  'connection.created': 'consent',
  'connection.renewed': 'renewed',
  'connection.uncertain': 'uncertain',
  'connection.reauth_soon': 'warning',
  'connection.reauth_required': 'reauth',
  'connection.reuse_detected': 'reuse',
  'connection.revoked': 'revoked',
  'post.published': 'post',
  'post.unknown': 'post',
  'post.failed': 'post',
};

/** An instant in an event's data, in either of the forms that events have them in. */
function instantIn(data: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const ms = data[`${name}_ms`];
  if (typeof ms === 'number') return ms;
  const text = data[name];
  const parsed = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}
