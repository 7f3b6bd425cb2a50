import * as z from 'zod';
import { ACTORS, FLOW_KEYS, ROLES, STEP_STATES, type FlowStep } from '../../app/flow/flow-step.ts';
import { described, instant, instantOf } from '../schema.ts';

const fields = described(z.record(z.string(), z.string()), 'By name; a secret is a label such as `[code-1]`.');

/** A step of the authorization code flow: who spoke to whom, with which key, and the masked messages. */
export const connectStepSchema = described(
  z.strictObject({
    step: z.number().int().min(1).max(8),
    at: instant,
    state: described(z.enum(STEP_STATES), '`unseen`: between the user and the provider alone.'),
    from: z.enum(ACTORS),
    to: z.enum(ACTORS),
    through_browser: described(z.boolean(), "The message travels through the user's browser."),
    keys: z.array(z.enum(FLOW_KEYS)),
    request: z.strictObject({ method: z.string(), url: z.string(), headers: fields, fields }).nullable(),
    answer: described(
      z.strictObject({ status: z.number().int().nullable(), problem: z.string().nullable(), fields }).nullable(),
      '`status` is `null` where no answer came; `problem` says why.',
    ),
  }),
  { id: 'ConnectStep' },
);

export const connectStepsSchema = z.strictObject({ items: z.array(connectStepSchema) });

export function connectStepJson({
  step,
  atMs,
  state,
  keys,
  request,
  answer,
}: FlowStep): z.input<typeof connectStepSchema> {
  const { from, to, throughBrowser } = ROLES[step];
  return {
    step,
    at: instantOf(atMs),
    state,
    from,
    to,
    through_browser: throughBrowser,
    keys: [...keys],
    request:
      request === undefined ? null : { ...request, headers: { ...request.headers }, fields: { ...request.fields } },
    answer: answerJson(answer),
  };
}

function answerJson(answer: FlowStep['answer']): z.input<typeof connectStepSchema>['answer'] {
  if (answer === undefined) return null;
  return answer.kind === 'answered'
    ? { status: answer.status, problem: null, fields: { ...answer.fields } }
    : { status: null, problem: answer.detail, fields: {} };
}
