import type { Evidence } from '../evidence.ts';
import type { ExchangeFact } from '../history.ts';
import type { AttemptRecord, ConnectionRecord, EventRecord } from '../records.ts';
import { causeOf, type Cause } from './causes.ts';
import { endedByOthers, grantsThen } from './ends.ts';

/** One token exchange at the provider, and the attempt here that it belongs to. */
export interface Entry {
  readonly exchange: ExchangeFact;
  readonly attempt: AttemptRecord | undefined;
  readonly isStored: boolean;
}

export interface LostAnswer {
  readonly handle: string;
  readonly atMs: number;
  readonly cause: Cause;
}

export interface RenewalBooks {
  readonly entries: readonly Entry[];
  readonly lost: readonly LostAnswer[];
  /** Here it says `reauth_required`, and the provider would have taken the refresh token that was stored. */
  readonly falseEnds: readonly Flaw[];
  /** Renewals here that the provider knows nothing of, or the same one twice. */
  readonly invented: readonly Flaw[];
  readonly presentedTwice: number;
  /** Presented again, and no attempt in the store says why. */
  readonly presentedTwiceUnexplained: readonly Flaw[];
  /** Still `uncertain`: the replay went unanswered too, and the next one is a minute away. */
  readonly waiting: readonly string[];
  /** Neither good nor ended at the end, without a reason. */
  readonly unsettled: readonly Flaw[];
  readonly ended: Readonly<Record<string, number>>;
}

export interface Flaw {
  readonly handle: string;
  readonly what: string;
}

export function balanceRenewals(evidence: Evidence): RenewalBooks {
  const attempts = attemptsByHandle(evidence);
  const taken = new Set<AttemptRecord>();
  const entries = evidence.provider.exchanges.map((exchange): Entry => {
    const attempt = attemptOf(exchange, attempts.get(exchange.handle) ?? [], { taken, evidence });
    if (attempt !== undefined) taken.add(attempt);
    return { exchange, attempt, isStored: attempt?.outcome === 'renewed' };
  });
  const lost = entries
    .filter(({ isStored }) => !isStored)
    .map(({ exchange, attempt }) => ({
      handle: exchange.handle,
      atMs: exchange.atMs,
      cause: causeOf(exchange, attempt, evidence),
    }));
  return {
    entries,
    lost,
    falseEnds: falseEnds(entries, evidence),
    invented: invented(entries, evidence),
    ...presentedTwice(attempts, evidence),
    ...endings(evidence),
    ended: countEnds(evidence),
  };
}

/**
 * The last attempt that began before it; or, where that one was over or had its exchange already, one that began a moment
 * later by a clock that is a little ahead.
 */
function attemptOf(
  { atMs }: ExchangeFact,
  attempts: readonly AttemptRecord[],
  { taken, evidence }: { readonly taken: ReadonlySet<AttemptRecord>; readonly evidence: Evidence },
): AttemptRecord | undefined {
  const before = attempts.findLast(({ startedAtMs }) => startedAtMs <= atMs + 1);
  const isFree = before !== undefined && !taken.has(before) && (before.endedAtMs ?? atMs) >= atMs;
  if (isFree) return before;
  const next = attempts.find(({ startedAtMs }) => startedAtMs > atMs + 1);
  return next !== undefined && next.startedAtMs <= atMs + evidence.clocksApartMs ? next : before;
}

function attemptsByHandle({ attempts, connections }: Evidence): Map<string, AttemptRecord[]> {
  const handles = new Map(connections.map(({ id, handle }) => [id, handle]));
  return Map.groupBy(attempts, ({ connectionId }) => handles.get(connectionId) ?? '');
}

const REAUTH = 'connection.reauth_required';

/** An end is true if the last exchange before it is one whose answer never arrived, or the grant was ended by others. */
function falseEnds(entries: readonly Entry[], evidence: Evidence): Flaw[] {
  const handles = new Map(evidence.connections.map(({ id, handle }) => [id, handle]));
  return endEvents(evidence).flatMap((event) => {
    const { connectionId, atMs, data } = event;
    const handle = handles.get(connectionId ?? '') ?? '';
    const isTrue = grantsThen(event, entries, evidence).some((grantId) => {
      const last = entries.findLast(({ exchange }) => exchange.grantId === grantId && exchange.atMs <= atMs);
      return (last !== undefined && !last.isStored) || endedByOthers(grantId, atMs, evidence);
    });
    if (isTrue) return [];
    return [{ handle, what: `ended as ${String(data['reason'])} at ${instant(atMs)}, and nothing was lost before` }];
  });
}

function endEvents({ events }: Evidence): EventRecord[] {
  return events.filter(({ type }) => type === REAUTH);
}

function countEnds(evidence: Evidence): Record<string, number> {
  return countBy(endEvents(evidence).map(({ data }) => String(data['reason'])));
}

function invented(entries: readonly Entry[], { attempts, connections }: Evidence): Flaw[] {
  const handles = new Map(connections.map(({ id, handle }) => [id, handle]));
  const exchangesOf = Map.groupBy(entries, ({ attempt }) => attempt?.id);
  return attempts.flatMap((attempt) => {
    const count = exchangesOf.get(attempt.id)?.length ?? 0;
    const isRenewed = attempt.outcome === 'renewed';
    if (count === (isRenewed ? 1 : Math.min(count, 1))) return [];
    const handle = handles.get(attempt.connectionId) ?? '';
    return [{ handle, what: `${attempt.id} (${attempt.outcome ?? 'open'}) is ${count} exchanges at the provider` }];
  });
}

function presentedTwice(
  attempts: ReadonlyMap<string, readonly AttemptRecord[]>,
  { provider }: Evidence,
): Pick<RenewalBooks, 'presentedTwice' | 'presentedTwiceUnexplained'> {
  const unexplained = [...Map.groupBy(provider.reuses, ({ token }) => token)].flatMap(([token, reuses]) => {
    const handle = reuses[0]?.handle ?? '';
    const spentAtMs = provider.tokens.get(token)?.spentAtMs ?? 0;
    const own = attempts.get(handle) ?? [];
    const byPolicy = own.filter((attempt) => attempt.startedAtMs >= spentAtMs && isByPolicy(attempt, own));
    const what = `spent at ${instant(spentAtMs)} and presented ${reuses.length} times more, ${byPolicy.length} of them by policy`;
    return reuses.length <= byPolicy.length ? [] : [{ handle, what }];
  });
  return { presentedTwice: provider.reuses.length, presentedTwiceUnexplained: unexplained };
}

/** A replay; or once more after a rejection that was not believed, because so many at once held the app. */
function isByPolicy({ purpose, version, startedAtMs }: AttemptRecord, own: readonly AttemptRecord[]): boolean {
  const wasNotBelieved = own.some(
    (other) => other.outcome === 'rejected' && other.version === version && other.startedAtMs < startedAtMs,
  );
  return purpose === 'replay' || wasNotBelieved;
}

function endings(evidence: Evidence): Pick<RenewalBooks, 'waiting' | 'unsettled'> {
  const attempts = new Map(evidence.attempts.map((attempt) => [attempt.id, attempt]));
  const waiting: string[] = [];
  const unsettled: Flaw[] = [];
  for (const connection of evidence.connections) {
    const proof = evidence.proofs.get(connection.handle) ?? 'never asked';
    if (waitsForReplay(connection, attempts)) {
      waiting.push(connection.handle);
      continue;
    }
    // A replay that waited for its minute may have come after the last renewals were asked for: it is as good as one.
    const last = evidence.attempts.findLast(({ connectionId }) => connectionId === connection.id);
    const isProven = proof === 'renewed' || (connection.state === 'active' && last?.outcome === 'renewed');
    const isOver = connection.state === 'reauth_required' || connection.state === 'revoked';
    if (!isOver && !isProven)
      unsettled.push({ handle: connection.handle, what: `${connection.state}, and a last renewal gave: ${proof}` });
  }
  return { waiting, unsettled };
}

function waitsForReplay(
  { state, openAttempt }: ConnectionRecord,
  attempts: ReadonlyMap<string, AttemptRecord>,
): boolean {
  const open = attempts.get(openAttempt ?? '');
  return state === 'uncertain' && open?.outcome === 'unanswered' && open.replays > 0;
}

export function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

export function instant(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 23);
}
