import { KippuError } from '../../model/errors.ts';
import type { ScheduleTask, TextSource } from '../../model/schedule.ts';
import { contentOf } from '../draft-content.ts';
import type { Network } from '../networks/network.ts';
import type { Rule } from '../recurrence.ts';
import { plain } from './known-text.ts';
import { examplesOf } from './template.ts';

/** What is worth knowing about a schedule while it can still be helped. */
export interface ScheduleWarning {
  readonly code:
    /** Each run publishes the same text, which networks refuse. */
    | 'same_text'
    | 'link_costs_more'
    /** The network would not take the text of the next runs. */
    | 'text_not_publishable'
    /** The user must consent again before anything goes out. */
    | 'reauth_required'
    | 'revoked'
    /** The consent ends before the next run. */
    | 'ends_before_next_run';
  readonly message: string;
}

/** How much of a long list is looked at: this is asked for each time that a schedule is shown. */
const LOOKED_AT_MAX = 20;

/** Looks at the texts of the next runs, as far as they are known. Throws nothing for what it finds. */
export function warningsOf(
  task: ScheduleTask,
  rule: Rule,
  network: Network,
  nowMs: number,
): readonly ScheduleWarning[] {
  if (task.kind === 'collect') return [];
  try {
    const texts = textsOf(task.text, rule, nowMs);
    const problems = texts.flatMap((text) => network.check(contentOf({ text, madeWithAi: task.madeWithAi })).problems);
    const error = problems.find(({ severity }) => severity === 'error');
    const link = problems.find(({ code }) => code === 'link_costs_more');
    return [
      ...(isSameEachTime(task.text, texts) ? [sameText(network)] : []),
      ...(link === undefined ? [] : [{ code: 'link_costs_more', message: link.message } as const]),
      ...(error === undefined ? [] : [{ code: 'text_not_publishable', message: error.message } as const]),
    ];
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    return [{ code: 'text_not_publishable', message: error.message }];
  }
}

function textsOf(source: TextSource, rule: Rule, nowMs: number): readonly string[] {
  switch (source.kind) {
    case 'text':
      return [source.text];
    case 'list':
      return source.texts.slice(0, LOOKED_AT_MAX);
    case 'template':
      return examplesOf(source.template, source.variables, rule, nowMs);
    default:
      // Nobody knows what will be composed.
      return [];
  }
}

function isSameEachTime({ kind }: TextSource, texts: readonly string[]): boolean {
  if (kind === 'text') return true;
  return kind === 'template' && texts.length > 1 && texts.every((text) => plain(text) === plain(texts[0] ?? ''));
}

function sameText({ name }: Network): ScheduleWarning {
  return {
    code: 'same_text',
    message: `${name} refuses a text that the account has published recently, so the second run may fail. Use a list, or a template with {date}.`,
  };
}
