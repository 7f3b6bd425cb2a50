import { checkRule, occurrencesAfter, type RuleTime } from '../posts/recurrence.ts';

export type { RuleTime } from '../posts/recurrence.ts';

/** The next times that a rule names, with nothing saved. Throws `invalid`. */
export function previewRule(
  { cron, timezone }: { readonly cron: string; readonly timezone: string },
  { afterMs, count }: { readonly afterMs: number; readonly count: number },
): readonly RuleTime[] {
  return occurrencesAfter(checkRule(cron, timezone), afterMs, count);
}
