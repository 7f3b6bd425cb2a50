import type { Schedule } from '../../model/schedule.ts';
import { occurrencesAfter, type RuleTimeNote } from '../recurrence.ts';
import { knownText, RECENT_TEXTS_MAX } from './known-text.ts';
import type { SchedulePorts } from './ports.ts';

export interface PreviewRun {
  readonly atMs: number;
  /** As far as it is known ahead: other posts of the account may still change the turn of a list. */
  readonly text: string | undefined;
  readonly note: RuleTimeNote | undefined;
}

/** The next runs, as they would be if nothing else happened. Of a paused schedule: if it went on now. */
export async function previewRuns(
  schedule: Schedule,
  count: number,
  { schedules, clock }: Pick<SchedulePorts, 'schedules' | 'clock'>,
): Promise<readonly PreviewRun[]> {
  const { task, connectionId, timezone, made, nextAtMs } = schedule;
  const fromMs = nextAtMs === undefined ? clock.nowMs() : nextAtMs - 1;
  const times = occurrencesAfter(schedule, fromMs, count);
  let recent = await schedules.recentTexts({
    connectionId,
    untilMs: times[0]?.atMs ?? fromMs,
    limit: RECENT_TEXTS_MAX,
  });
  return times.map(({ atMs, note }, index) => {
    const moment = { atMs, timezone, n: made + index + 1 };
    const text = task.kind === 'post' ? knownText(task.text, moment, recent) : undefined;
    if (text !== undefined) recent = [text, ...recent];
    return { atMs, text, note };
  });
}
