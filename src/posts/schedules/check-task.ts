import { assertNever } from '../../model/assert-never.ts';
import type { ScheduleTask, TextSource } from '../../model/schedule.ts';
import { contentOf } from '../draft-content.ts';
import { invalid } from '../invalid.ts';
import type { Network } from '../networks/network.ts';
import type { Rule } from '../recurrence.ts';
import { plain } from './known-text.ts';
import { checkVariables, examplesOf } from './template.ts';

const LIST_MAX = 1000;
const VARIABLES_MAX = 50;
const SOURCE_CHARS_MAX = 4000;
const WHERE = '/task/text';

/** What would go wrong at nine in the morning is refused now. Throws `invalid`. */
export function checkTask(task: ScheduleTask, rule: Rule, network: Network, nowMs: number): void {
  if (task.kind === 'collect') return;
  const { text: source, madeWithAi } = task;
  const check = (text: string, line?: number): void => {
    const { problems } = network.check(contentOf({ text, madeWithAi }));
    const error = problems.find(({ severity }) => severity === 'error');
    if (error !== undefined)
      throw line === undefined
        ? invalid(error.message, WHERE)
        : invalid(`Line ${line}: ${error.message}`, whereOf(line));
  };
  switch (source.kind) {
    case 'text':
      return check(source.text);
    case 'list':
      return checkList(source.texts, check);
    case 'template':
      return checkTemplate(source, rule, { nowMs, check });
    case 'command':
      return checkCommand(source.command);
    case 'url':
      return checkUrl(source.url);
    case 'function':
      // Whether there is one of that name, only the process that has it can know.
      return undefined;
    default:
      assertNever(source);
  }
}

type Check = (text: string, line?: number) => void;

function checkList(texts: readonly string[], check: Check): void {
  if (texts.length < 2) {
    throw invalid('A list needs at least two texts: with one, each run would publish the same. Add more.', WHERE);
  }
  if (texts.length > LIST_MAX) throw invalid(`A list may have ${LIST_MAX} texts; this one has ${texts.length}.`, WHERE);
  const lines = new Map<string, number>();
  for (const [index, text] of texts.entries()) {
    const line = index + 1;
    check(text, line);
    const same = lines.get(plain(text));
    if (same !== undefined)
      throw invalid(`Line ${line} is the same as line ${same}. Change or remove it.`, whereOf(line));
    lines.set(plain(text), line);
  }
}

function whereOf(line: number): string {
  return `${WHERE}/${line - 1}`;
}

type Template = Extract<TextSource, { readonly kind: 'template' }>;

function checkTemplate(
  { template, variables }: Template,
  rule: Rule,
  { nowMs, check }: { readonly nowMs: number; readonly check: Check },
): void {
  if (template.length > SOURCE_CHARS_MAX) {
    throw invalid(`A template may have ${SOURCE_CHARS_MAX} characters; this one has ${template.length}.`, WHERE);
  }
  if (Object.keys(variables).length > VARIABLES_MAX) {
    throw invalid(`A template may have ${VARIABLES_MAX} variables.`, WHERE);
  }
  checkVariables(variables);
  for (const text of examplesOf(template, variables, rule, nowMs)) check(text);
}

function checkCommand(command: string): void {
  if (command.trim() === '' || command.includes('\0')) {
    throw invalid('There is no command. Give the one whose output is to be the text.', WHERE);
  }
  if (command.length > SOURCE_CHARS_MAX) {
    throw invalid(`A command may have ${SOURCE_CHARS_MAX} characters. Put it into a script of its own.`, WHERE);
  }
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // None of these repeats the address: it may have a password in it.
  if (url === undefined) throw invalid('This is not an address that can be asked. Give an https address.', WHERE);
  if (url.username !== '' || url.password !== '') {
    throw invalid('An address with a password in it would be shown to everybody. Leave the password out.', WHERE);
  }
  if (!isSafe(url)) {
    throw invalid(
      `${url.protocol}//${url.host} cannot be asked for a text. Give an https address; http goes to this machine only.`,
      WHERE,
    );
  }
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
