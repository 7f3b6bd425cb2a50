import * as z from 'zod';
import { assertNever } from '../../model/assert-never.ts';
import { KippuError } from '../../model/errors.ts';
import { MEASURES, type ScheduleTask, type TextSource } from '../../model/schedule.ts';
import { described } from '../schema.ts';

const variables = z.record(z.string(), z.string());

/** What a schedule does: one of the first five. */
export const taskFields = {
  text: described(z.string().optional(), 'The same text each time.'),
  list: described(z.array(z.string()).optional(), 'One text after the other, and from the start again.'),
  template: described(z.string().optional(), {
    description: 'A text with placeholders, filled in for each run.',
    examples: ['{weekday}, {date}: post number {n}'],
  }),
  compose: described(
    z.union([z.strictObject({ command: z.string() }), z.strictObject({ url: z.string() })]).optional(),
    'A program on the machine of the server, or a URL, that is asked for the text when it is due. Needs the scope `admin`.',
  ),
  collect: described(z.enum(MEASURES).optional(), 'Takes this measurement instead of making a post.'),
  variables: described(variables.optional(), 'For the placeholders of `template`.'),
  approval: described(z.boolean().optional(), 'Somebody must approve each post before it goes out.'),
  made_with_ai: z.boolean().optional(),
};

const taskSchema = z.object(taskFields);
type TaskBody = z.output<typeof taskSchema>;

const KINDS = ['text', 'list', 'template', 'compose', 'collect'] as const;
type Kind = (typeof KINDS)[number];

/** What a new schedule is to do. Throws `invalid`. */
export function taskOf(body: TaskBody): ScheduleTask {
  const kind = kindOf(body);
  if (kind === undefined) {
    throw new KippuError('invalid', `What the schedule does is missing. Give one of ${KINDS.join(', ')}.`, {
      where: '/text',
    });
  }
  return taskOfKind(kind, body, { madeWithAi: false, needsApproval: false });
}

/** What a schedule is to do from now on; `undefined`: nothing about that was said. Throws `invalid`. */
export function editedTask(body: TaskBody, seen: ScheduleTask): ScheduleTask | undefined {
  const kind = kindOf(body);
  const flags = seen.kind === 'post' ? seen : { madeWithAi: false, needsApproval: false };
  if (kind !== undefined) return taskOfKind(kind, body, flags);
  if (body.variables === undefined && body.approval === undefined && body.made_with_ai === undefined) return undefined;
  if (seen.kind === 'collect') throw notForMeasurements(body);
  if (body.variables === undefined) return postTask(seen.text, body, flags);
  if (seen.text.kind !== 'template') throw variablesWithoutTemplate();
  return postTask({ ...seen.text, variables: body.variables }, body, flags);
}

/**
 * The field of the body that is meant where a use case names a part of the task: what is `/task/text/3` inside is
 * `/list/3` here.
 */
export function bodyPointer(where: string | undefined, body: TaskBody): string | undefined {
  const match = /^\/task(?:\/text)?(?=\/|$)/.exec(where ?? '');
  if (where === undefined || match === null) return where;
  const kind = KINDS.find((one) => body[one] !== undefined) ?? 'text';
  return `/${kind}${where.slice(match[0].length)}`;
}

function kindOf(body: TaskBody): Kind | undefined {
  const [kind, other] = KINDS.filter((one) => body[one] !== undefined);
  if (other === undefined) return kind;
  throw new KippuError('invalid', `A schedule does one thing: give either ${kind} or ${other}.`, {
    where: `/${other}`,
  });
}

interface Flags {
  readonly madeWithAi: boolean;
  readonly needsApproval: boolean;
}

function taskOfKind(kind: Kind, body: TaskBody, flags: Flags): ScheduleTask {
  if (body.variables !== undefined && kind !== 'template') throw variablesWithoutTemplate();
  if (body.collect === undefined) return postTask(sourceOf(body), body, flags);
  if (body.approval !== undefined || body.made_with_ai !== undefined) throw notForMeasurements(body);
  return { kind: 'collect', what: body.collect };
}

function postTask(text: TextSource, body: TaskBody, flags: Flags): ScheduleTask {
  return {
    kind: 'post',
    text,
    madeWithAi: body.made_with_ai ?? flags.madeWithAi,
    needsApproval: body.approval ?? flags.needsApproval,
  };
}

function sourceOf({ text, list, template, variables: given = {}, compose }: TaskBody): TextSource {
  if (list !== undefined) return { kind: 'list', texts: list };
  if (template !== undefined) return { kind: 'template', template, variables: given };
  if (compose === undefined) return { kind: 'text', text: text ?? '' };
  return 'command' in compose ? { kind: 'command', command: compose.command } : { kind: 'url', url: compose.url };
}

function variablesWithoutTemplate(): KippuError {
  return new KippuError('invalid', 'Variables belong to a template. Give "template", or leave them out.', {
    where: '/variables',
  });
}

function notForMeasurements({ approval, variables: given }: TaskBody): KippuError {
  const field = approval !== undefined ? 'approval' : given !== undefined ? 'variables' : 'made_with_ai';
  return new KippuError('invalid', `"${field}" belongs to posts; this schedule takes measurements. Leave it out.`, {
    where: `/${field}`,
  });
}

/** A program's command line and a URL may hold a password: they are shown to those who may set them. */
export const taskAnswer = {
  text: z.string().nullable(),
  list: z.array(z.string()).nullable(),
  template: z.string().nullable(),
  variables: variables.nullable(),
  compose: described(
    z
      .union([
        z.strictObject({ command: z.string().nullable() }),
        z.strictObject({ url: z.string().nullable() }),
        z.strictObject({ function: z.string().nullable() }),
      ])
      .nullable(),
    'Who writes the text (`function`: one of the program that uses the library); the value itself is `null` for keys without the scope `admin`.',
  ),
  collect: z.enum(MEASURES).nullable(),
  approval: z.boolean(),
  made_with_ai: z.boolean(),
};

const answerSchema = z.object(taskAnswer);

export function taskJson(
  task: ScheduleTask,
  { showsCompose }: { readonly showsCompose: boolean },
): z.input<typeof answerSchema> {
  const nothing = { text: null, list: null, template: null, variables: null, compose: null, collect: null };
  if (task.kind === 'collect') return { ...nothing, collect: task.what, approval: false, made_with_ai: false };
  return {
    ...nothing,
    ...sourceJson(task.text, showsCompose),
    approval: task.needsApproval,
    made_with_ai: task.madeWithAi,
  };
}

function sourceJson(source: TextSource, showsCompose: boolean): Partial<z.input<typeof answerSchema>> {
  switch (source.kind) {
    case 'text':
      return { text: source.text };
    case 'list':
      return { list: [...source.texts] };
    case 'template':
      return { template: source.template, variables: { ...source.variables } };
    case 'command':
      return { compose: { command: showsCompose ? source.command : null } };
    case 'url':
      return { compose: { url: showsCompose ? source.url : null } };
    case 'function':
      return { compose: { function: showsCompose ? source.name : null } };
    default:
      return assertNever(source);
  }
}
