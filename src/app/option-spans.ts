import { SECOND_MS } from '../model/clock.ts';
import { objectOf, seconds, span } from '../providers/shape.ts';
import { DEFAULT_TIMING, type RenewalTiming } from '../renewal/ports.ts';

/**
 * An option that is a span of seconds, in milliseconds. Throws `invalid`, naming it: compared with what is no number, every
 * token would be too old, or none.
 */
export function inMs(option: number | undefined, name: string): number | undefined {
  if (option === undefined) return undefined;
  seconds(option, name);
  return option * SECOND_MS;
}

const TIMING = objectOf({ deadlineMs: span, lateAnswerMs: span, replayMarginMs: span });

/** The option `timing`; what it leaves out is as usual. Throws `invalid`. */
export function readTiming(timing: Partial<RenewalTiming> = {}): RenewalTiming {
  TIMING(timing, 'timing');
  const { deadlineMs, lateAnswerMs, replayMarginMs } = timing;
  return {
    deadlineMs: deadlineMs ?? DEFAULT_TIMING.deadlineMs,
    lateAnswerMs: lateAnswerMs ?? DEFAULT_TIMING.lateAnswerMs,
    replayMarginMs: replayMarginMs ?? DEFAULT_TIMING.replayMarginMs,
  };
}
