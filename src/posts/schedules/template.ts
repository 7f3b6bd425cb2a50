import { invalid } from '../invalid.ts';
import { occurrencesAfter, type Rule } from '../recurrence.ts';
import { wallClock } from '../zoned-time.ts';

export interface Moment {
  readonly atMs: number;
  readonly timezone: string;
  /** The how manieth post of its schedule, from 1. */
  readonly n: number;
}

/** Sets the language of `{weekday}`, as in `ja`; English without it. */
const LANGUAGE = 'lang';

const KNOWN: Readonly<Record<string, (moment: Moment, language: string) => string>> = {
  date: ({ atMs, timezone }) => localDate(atMs, timezone),
  time: ({ atMs, timezone }) => localTime(atMs, timezone),
  weekday: ({ atMs, timezone }, language) =>
    new Intl.DateTimeFormat(language, { timeZone: timezone, weekday: 'long' }).format(atMs),
  year: ({ atMs, timezone }) => String(wallClock(atMs, timezone).year),
  month: ({ atMs, timezone }) => String(wallClock(atMs, timezone).month),
  day: ({ atMs, timezone }) => String(wallClock(atMs, timezone).day),
  n: ({ n }) => String(n),
};

/** `{{` and `}}` stand for one brace each. */
const PARTS = /\{\{|\}\}|\{([^{}]*)\}|\{/g;

/** Fills in what stands in braces. Throws `invalid` for a name that nobody knows, with those that there are. */
export function fillIn(template: string, variables: Readonly<Record<string, string>>, moment: Moment): string {
  return template.replace(PARTS, (part, name: string | undefined) => {
    if (part === '{{') return '{';
    if (part === '}}') return '}';
    if (name === undefined) throw invalid('A brace { stands open. Close it, or write {{ for the brace itself.', WHERE);
    if (Object.hasOwn(variables, name)) return variables[name] ?? '';
    const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
    if (known === undefined) throw unknownName(name, variables);
    return known(moment, variables[LANGUAGE] ?? 'en');
  });
}

/** A week of it: names of days differ in length. */
const EXAMPLES = 7;

/** What it will say on its next runs. Throws `invalid`. */
export function examplesOf(
  template: string,
  variables: Readonly<Record<string, string>>,
  rule: Rule,
  nowMs: number,
): readonly string[] {
  return occurrencesAfter(rule, nowMs, EXAMPLES).map(({ atMs }, index) =>
    fillIn(template, variables, { atMs, timezone: rule.timezone, n: index + 1 }),
  );
}

const WHERE = '/task/text';

function unknownName(name: string, variables: Readonly<Record<string, string>>): Error {
  const names = [...Object.keys(KNOWN), ...Object.keys(variables)].map((one) => `{${one}}`).join(', ');
  return invalid(
    `The template knows no {${name}}. It knows ${names}; give {${name}} as a variable, or write {{ for a brace.`,
    WHERE,
  );
}

/** Throws `invalid` for a variable that could not be used, and for a language that nobody speaks. */
export function checkVariables(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(variables)) {
    if (Object.hasOwn(KNOWN, name)) {
      throw invalid(`{${name}} is filled in by the schedule itself. Give the variable another name.`, WHERE);
    }
    if (!/^[\p{L}\p{N}_-]{1,50}$/u.test(name)) {
      throw invalid(`"${name}" cannot be a variable's name. Use up to 50 letters, digits, _ or -.`, WHERE);
    }
  }
  const language = variables[LANGUAGE];
  if (language !== undefined && !isLanguage(language)) {
    throw invalid(`"${language}" is no language for {weekday}. Give one such as en, ja or de in "${LANGUAGE}".`, WHERE);
  }
}

function isLanguage(language: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(language).length > 0;
  } catch {
    // The only way in which Intl says that this is no language tag.
    return false;
  }
}

/** As in `2026-11-21`. */
export function localDate(atMs: number, timezone: string): string {
  const { year, month, day } = wallClock(atMs, timezone);
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`;
}

/** As in `09:00`. */
export function localTime(atMs: number, timezone: string): string {
  const { hour, minute } = wallClock(atMs, timezone);
  return `${twoDigits(hour)}:${twoDigits(minute)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
