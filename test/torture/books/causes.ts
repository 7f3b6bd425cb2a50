import { PROVIDER } from '../plan.ts';
import { overlaps, type Evidence } from '../evidence.ts';
import type { ExchangeFact } from '../history.ts';
import type { AttemptRecord } from '../records.ts';

/** Why an answer never became durable, where no client could have made it so. */
export const CAUSES = [
  'answer lost on the way',
  'answer cut off on the way',
  'another answer in its place',
  'answer later than anybody listens',
  'sender killed before it was durable',
  'provider killed before it left',
  'provider stopped until nobody listened',
  'unexplained',
] as const;
export type Cause = (typeof CAUSES)[number];

/** How long the provider may take to put an answer on the wire, and Kippu to make it durable, on a busy machine. */
const BUSY_MS = 2500;
/** From the provider's going on to its answer on the wire, after a pause, with all that waited meanwhile. */
const LEAVING_MS = 800;
/** Two clocks' readings in whole milliseconds, and a signal that takes a moment. */
const SLACK_MS = 50;

/** One answer that the provider committed and that no attempt of ours has for `renewed`. */
export function causeOf(exchange: ExchangeFact, attempt: AttemptRecord | undefined, evidence: Evidence): Cause {
  // Durable here once, and yet not in the store: nothing excuses that.
  if (attempt === undefined || evidence.spooled.has(attempt.id)) return 'unexplained';
  const { fault } = exchange;
  if (fault?.kind === 'lose') return 'answer lost on the way';
  if (fault?.kind === 'cut') return 'answer cut off on the way';
  if (fault?.kind === 'status') return 'another answer in its place';
  const delayMs = fault?.delayMs ?? 0;
  const listensUntilMs = attempt.startedAtMs + evidence.lateAnswerMs;
  if (exchange.atMs + delayMs > listensUntilMs - SLACK_MS && delayMs > 0) return 'answer later than anybody listens';
  if (wasSenderKilled(exchange, attempt, evidence)) return 'sender killed before it was durable';
  const leftAtMs = exchange.atMs + delayMs + SLACK_MS;
  const isProviderKilled = evidence.killings.some(
    ({ name, atMs }) => name === PROVIDER && atMs >= exchange.atMs - SLACK_MS && atMs <= leftAtMs + BUSY_MS,
  );
  if (isProviderKilled) return 'provider killed before it left';
  const isProviderStopped = evidence.pauses.some(
    (pause) =>
      pause.name === PROVIDER &&
      overlaps(pause, attempt.startedAtMs, leftAtMs) &&
      pause.toMs + delayMs > listensUntilMs - LEAVING_MS,
  );
  return isProviderStopped ? 'provider stopped until nobody listened' : 'unexplained';
}

/**
 * Killed between the sending and a moment after the answer was there; or later, if until then it was stopped, or no
 * disk took what it held in its memory.
 */
function wasSenderKilled(exchange: ExchangeFact, attempt: AttemptRecord, evidence: Evidence): boolean {
  const delayMs = exchange.fault?.delayMs ?? 0;
  return evidence.killings.some(({ pid, atMs }) => {
    if (pid !== attempt.senderPid || atMs < attempt.startedAtMs) return false;
    if (atMs <= exchange.atMs + delayMs + BUSY_MS) return true;
    const wasStopped = evidence.pauses.some(
      (pause) => (pause.pid === pid || pause.name === PROVIDER) && overlaps(pause, exchange.atMs - BUSY_MS, atMs),
    );
    return wasStopped || evidence.fullDisk.some((span) => overlaps(span, exchange.atMs, atMs));
  });
}
