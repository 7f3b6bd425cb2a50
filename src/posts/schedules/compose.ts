import { assertNever } from '../../model/assert-never.ts';
import { MINUTE_MS, SECOND_MS } from '../../model/clock.ts';
import type { Composed, ComposeFacts, ComposeSource } from '../../model/composer.ts';
import type { Schedule } from '../../model/schedule.ts';
import { findNetwork, settleText } from './make.ts';
import type { SchedulePorts } from './ports.ts';
import { putOff, settle } from './settle.ts';
import { settledAsFailed, type Occasion } from './settlement.ts';
import { localDate, localTime } from './template.ts';

/** How many texts whoever composes is told, so that he does not repeat them. */
const RECENT_TOLD_MAX = 10;
const RETRY_MIN_MS = 10 * SECOND_MS;
const RETRY_FACTOR = 2;
const RETRY_MAX_MS = 5 * MINUTE_MS;
/** A try takes this long at most; one that would end after the latest time is not begun. */
const TRY_MS = MINUTE_MS;
/** Of a post that stands for a gap, whose latest time moves on with the clock. */
const TRIES_AFTER_GAP_MAX = 15;

/**
 * Asks somebody outside for the text of an occurrence. No transaction is open meanwhile; whatever a crash interrupts is
 * asked again. A failure is tried again until the latest time, and then the occurrence has failed.
 */
export async function composeFor(
  occasion: Occasion,
  source: ComposeSource,
  ports: SchedulePorts,
  stop: AbortSignal,
): Promise<void> {
  const { schedule, making } = occasion;
  const target = await findNetwork(occasion, ports);
  if (typeof target === 'string') return giveUp(occasion, target, ports);
  const facts = await factsOf(occasion, target.connection.name, ports);
  const composed = await ports.composer.compose(source, facts, stop);
  switch (composed.kind) {
    case 'composed': {
      if (composed.text.trim() === '') return failed(occasion, 'the answer is empty', ports);
      if (ports.clock.nowMs() > making.latestAtMs) return giveUp(occasion, 'the text came too late', ports);
      return settleText(occasion, { text: composed.text, madeWithAi: isMadeWithAi(schedule, composed) }, ports);
    }
    case 'failed':
      return failed(occasion, composed.detail, ports);
    case 'stopped':
      // The next worker asks again, at once.
      return putOff(schedule, { dueAtMs: ports.clock.nowMs(), failures: schedule.failures }, ports);
    default:
      assertNever(composed);
  }
}

function isMadeWithAi({ task }: Schedule, composed: Extract<Composed, { kind: 'composed' }>): boolean {
  return composed.madeWithAi ?? (task.kind === 'post' && task.madeWithAi);
}

async function factsOf(
  { schedule, making }: Occasion,
  connection: string,
  ports: SchedulePorts,
): Promise<ComposeFacts> {
  const { id, timezone, connectionId, made } = schedule;
  return {
    schedule: id,
    connection,
    occurrenceAtMs: making.atMs,
    localTime: `${localDate(making.atMs, timezone)}T${localTime(making.atMs, timezone)}`,
    timezone,
    n: made + 1,
    recentTexts: await ports.schedules.recentTexts({
      connectionId,
      untilMs: making.publishAtMs,
      limit: RECENT_TOLD_MAX,
    }),
  };
}

async function failed(occasion: Occasion, detail: string, ports: SchedulePorts): Promise<void> {
  const { schedule, making, gap } = occasion;
  const nowMs = ports.clock.nowMs();
  const lastTryAtMs = making.latestAtMs - TRY_MS;
  const delayMs = Math.min(RETRY_MIN_MS * RETRY_FACTOR ** schedule.failures, RETRY_MAX_MS);
  const isTriedOften = gap !== undefined && schedule.failures >= TRIES_AFTER_GAP_MAX;
  if (nowMs + RETRY_MIN_MS > lastTryAtMs || isTriedOften) return giveUp(occasion, detail, ports);
  const dueAtMs = Math.min(nowMs + delayMs, lastTryAtMs);
  await putOff(schedule, { dueAtMs, failures: schedule.failures + 1 }, ports);
}

async function giveUp(occasion: Occasion, detail: string, ports: SchedulePorts): Promise<void> {
  await settle(occasion.schedule, settledAsFailed(occasion, { detail, draft: undefined }, ports), ports);
}
