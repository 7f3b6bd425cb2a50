import type { Evidence } from './evidence.ts';
import type { EndFact, ExchangeFact, StruckFault, TokenFact } from './history.ts';
import type { AttemptRecord, ConnectionRecord, PostRecord } from './records.ts';

/** Books of a run that never was. */
export const T = 1_000_000;
export const SENDER = 42;

export function exchange(fault?: StruckFault): ExchangeFact {
  return { grantId: 'grant', handle: 'alice', atMs: T, successor: 'next', replaced: [], fault };
}

export function attempt(of: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    id: 'att',
    connectionId: 'con',
    purpose: 'renewal',
    version: 1,
    senderPid: SENDER,
    startedAtMs: T - 10,
    endedAtMs: null,
    outcome: null,
    error: null,
    replays: 0,
    ...of,
  };
}

export function accessToken() {
  return {
    id: 'token',
    kind: 'access' as 'access' | 'refresh',
    grantId: 'grant',
    handle: 'alice',
    issuedAtMs: T - 1000,
    expiresAtMs: T + 7000,
    spentAtMs: undefined as number | undefined,
    ended: undefined as TokenFact['ended'],
  };
}

export function event(type: string, atMs: number): Evidence['events'][number] {
  return { atMs, type, connectionId: 'con', postId: null, data: {} };
}

export function end(why: EndFact['why'], atMs: number): EndFact {
  return { grantId: 'grant', handle: 'alice', why, endsAccess: true, atMs };
}

export function post(status: string, remoteId: string | null = null): PostRecord {
  return {
    id: 'pst',
    connectionId: 'con',
    text: 'hello',
    status,
    reason: null,
    detail: null,
    remoteId,
    publishAtMs: T,
    dueAtMs: null,
    readBacks: 0,
  };
}

export interface MadeUp extends Partial<Omit<Evidence, 'provider' | 'connections'>> {
  readonly exchanges?: readonly ExchangeFact[];
  readonly consents?: Evidence['provider']['consents'];
  readonly reuses?: Evidence['provider']['reuses'];
  readonly ends?: Evidence['provider']['ends'];
  readonly remote?: Evidence['provider']['posts'];
  readonly tokens?: Evidence['provider']['tokens'];
  readonly state?: string;
}

export function evidence({
  exchanges = [],
  consents = [],
  reuses = [],
  ends = [],
  remote = [],
  tokens = new Map(),
  ...of
}: MadeUp): Evidence {
  const alice: ConnectionRecord = {
    id: 'con',
    name: 'x:alice',
    handle: 'alice',
    state: of.state ?? 'active',
    reason: null,
    version: 1,
    accessIssuedAtMs: T,
    accessExpiresAtMs: T + 8000,
    openAttempt: null,
  };
  return {
    provider: { exchanges, consents, reuses, ends, posts: remote, tokens, struck: {} },
    connections: [alice],
    attempts: [],
    events: [],
    posts: [],
    postAttempts: [],
    spooled: new Set(),
    killings: [],
    pauses: [],
    fullDisk: [],
    outages: [],
    commits: new Map(),
    reads: [],
    accepted: [],
    forced: [],
    proofs: new Map(),
    lateAnswerMs: 3000,
    clocksApartMs: 1,
    ...of,
  };
}
