import { KippuError } from '../model/errors.ts';

export const USUAL_HISTORY_DAYS = 90;
/** So long an answer may lie in a spool after the store has taken it, and be looked up there once more. */
const MIN_DAYS = 7;
const MAX_DAYS = 36_500;

/** How many days it is kept what renewals that are over left behind; `0`: for good. Throws `invalid`, naming `where`. */
export function readHistoryDays(given: string | number | undefined, where = 'KIPPU_HISTORY_DAYS'): number {
  if (given === undefined) return USUAL_HISTORY_DAYS;
  const days = typeof given === 'number' || /^\d+$/.test(given.trim()) ? Number(given) : Number.NaN;
  if (days === 0 || (Number.isInteger(days) && days >= MIN_DAYS && days <= MAX_DAYS)) return days;
  throw new KippuError(
    'invalid',
    `${where}: "${given}" is not a number of days that history can be kept. ` +
      `Give a whole number from ${MIN_DAYS} to ${MAX_DAYS}, as in ${USUAL_HISTORY_DAYS}, or 0 to keep it for good.`,
    { where },
  );
}
