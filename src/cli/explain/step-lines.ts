import { ROLES, type FlowKey, type StepNumber } from '../../app/flow/flow-step.ts';
import type { ConnectStepJson } from '../api/json.ts';
import type { Cli } from '../cli.ts';
import { printable } from '../printable.ts';
import { padEnd, textWidth } from '../text-width.ts';
import type { ExplainTexts } from '../texts/explain-wording.ts';
import { wrap } from '../wrap.ts';

/** One column is left free: some terminals break a line that fills the last one. */
const WIDTH = 79;
const INDENT = '     ';
const FIELD_INDENT = `${INDENT}  `;

export interface StepTexts {
  readonly step: StepNumber;
  readonly keys: readonly FlowKey[];
  readonly request: ConnectStepJson['request'];
  readonly answer: ConnectStepJson['answer'];
  readonly isBad: boolean;
  readonly notes: readonly string[];
}

/** A step for a person: who speaks to whom, what was said, with which keys, and why. */
export function stepLines(step: StepTexts, texts: ExplainTexts, cli: Cli): string {
  const { bold, soft, bad } = cli.talkStyle;
  const title = wrap(texts.titles[step.step], WIDTH - INDENT.length);
  const keys = step.keys.map((key) => texts.keyNames[key]).join(texts.listSeparator);
  return [
    `${bold(`${step.step}/8`)}  ${bold(title[0] ?? '')}`,
    ...indented(title.slice(1), INDENT),
    ...paragraph(rolesText(step.step, texts)).map(soft),
    ...requestLines(step.request),
    ...answerLines(step.answer, texts),
    ...paragraph(texts.keys + (keys === '' ? texts.noKeys : keys)).map(soft),
    ...step.notes.flatMap(paragraph).map((line) => (step.isBad ? bad(line) : line)),
    '',
  ].join('\n');
}

/** The parts and who plays them. */
export function castLines(provider: string, texts: ExplainTexts): string {
  const players = texts.players(provider);
  const rows = Object.entries(texts.actors).map(([actor, name]) => [name, players[actor as keyof typeof players]]);
  return ['', ...wrap(texts.intro, WIDTH), '', ...fieldLines(rows as [string, string][], '  '), ''].join('\n');
}

export function wrapped(text: string): string {
  return wrap(text, WIDTH).join('\n');
}

function rolesText(step: StepNumber, texts: ExplainTexts): string {
  const { from, to, throughBrowser } = ROLES[step];
  const way = `${texts.actors[from]} ${texts.arrow} ${texts.actors[to]}`;
  return throughBrowser ? `${way} ${texts.throughBrowser}` : way;
}

function requestLines(request: StepTexts['request']): string[] {
  if (request === null) return [];
  const rows = [...Object.entries(request.headers), ...Object.entries(request.fields)];
  return [...hanging(`> ${request.method} ${request.url}`), ...fieldLines(rows, FIELD_INDENT)];
}

function answerLines(answer: StepTexts['answer'], texts: ExplainTexts): string[] {
  if (answer === null) return [];
  const status = answer.status === null ? texts.noAnswer(printable(answer.problem ?? '')) : `HTTP ${answer.status}`;
  return [...hanging(`< ${status}`), ...fieldLines(Object.entries(answer.fields), FIELD_INDENT)];
}

/** Names in one column, values in the next; a value that is too long goes on below itself. */
function fieldLines(rows: readonly (readonly [string, string])[], indent: string): string[] {
  const width = Math.max(0, ...rows.map(([name]) => textWidth(name)));
  const left = indent.length + width + 2;
  return rows.flatMap(([name, value]) => {
    const [first = '', ...rest] = wrap(printable(value), WIDTH - left);
    return [`${indent}${padEnd(printable(name), width)}  ${first}`.trimEnd(), ...indented(rest, ' '.repeat(left))];
  });
}

function hanging(text: string): string[] {
  const [first = '', ...rest] = wrap(printable(text), WIDTH - FIELD_INDENT.length);
  return [`${INDENT}${first}`, ...indented(rest, FIELD_INDENT)];
}

function paragraph(text: string): string[] {
  return indented(wrap(printable(text), WIDTH - INDENT.length), INDENT);
}

function indented(lines: readonly string[], indent: string): string[] {
  return lines.map((line) => indent + line);
}
