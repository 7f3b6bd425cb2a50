import { KippuError } from '../model/errors.ts';

/** Looks at one value of a definition that nobody has checked yet. Throws `invalid`: what, where, and what to give. */
export type Check = (value: unknown, where: string) => void;

export const text: Check = (value, where) => {
  if (typeof value !== 'string' || value === '') throw wrong(where, value, 'a text');
};

/** One that may be a secret, or stand where one should: it is never shown. */
export const hidden: Check = (value, where) => {
  if (typeof value === 'string' && value !== '') return;
  const trouble =
    value === '' ? 'empty. If it comes from an environment variable, that variable is not set' : 'no text';
  throw new KippuError('invalid', `${where} is ${trouble}. Give a text.`, { where });
};

/** Whoever reads it looks for himself. */
export const anything: Check = () => undefined;

export const callable: Check = (value, where) => {
  if (typeof value !== 'function') throw otherKind(where, value, 'a function');
};

export const flag: Check = (value, where) => {
  if (typeof value !== 'boolean') throw wrong(where, value, 'true or false');
};

/** A span of seconds, parts of them included. */
export const seconds: Check = (value, where) => {
  if (!Number.isFinite(value) || (value as number) < 0)
    throw wrong(where, value, 'a number of seconds from 0 on, as in 60');
};

/** A span of milliseconds. */
export const span: Check = (value, where) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw wrong(where, value, 'a whole number of milliseconds, as in 3_600_000 for an hour');
};

export const count: Check = (value, where) => {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw wrong(where, value, 'a whole number from 1 on');
};

/** How long something may be. */
export const bytes: Check = (value, where) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw wrong(where, value, 'a whole number of bytes, as in 1_048_576');
};

export const port: Check = (value, where) => {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 65_535)
    throw wrong(where, value, 'a port from 0 to 65535; 0 is a free one');
};

/** A JSON pointer without escapes (RFC 6901). */
export const pointer: Check = (value, where) => {
  if (typeof value !== 'string' || !/^(\/[^/~]+)+$/.test(value))
    throw wrong(where, value, 'a JSON pointer, as in /data/id');
};

export const path: Check = (value, where) => {
  if (typeof value !== 'string' || !/^\/[^\s#]*$/.test(value)) throw wrong(where, value, 'a path, as in /me');
};

export function oneOf(...choices: readonly string[]): Check {
  return (value, where) => {
    if (!choices.some((choice) => choice === value))
      throw wrong(where, value, choices.map((choice) => `'${choice}'`).join(' or '));
  };
}

export function listOf(check: Check, atLeast = 0): Check {
  return (value, where) => {
    if (!Array.isArray(value) || value.length < atLeast)
      throw otherKind(where, value, atLeast === 0 ? 'a list' : 'a list that is not empty');
    for (const [index, item] of value.entries()) check(item, `${where}[${index}]`);
  };
}

/** Or nothing. */
export function given(check: Check): Check {
  return (value, where) => {
    if (value !== undefined) check(value, where);
  };
}

/** Or the empty text, which stands for none. */
export function orEmpty(check: Check): Check {
  return (value, where) => {
    if (value !== '') check(value, where);
  };
}

/** Of any names. */
export function mapOf(check: Check): Check {
  return (value, where) => {
    if (!isObject(value)) throw otherKind(where, value, 'an object');
    for (const [name, item] of Object.entries(value)) check(item, `${where}.${name}`);
  };
}

/** Of these names and no others; a name of `needed` must be there. A value of `undefined` counts as not given. */
export function objectOf<Checks extends Readonly<Record<string, Check>>>(
  checks: Checks,
  needed: readonly (keyof NoInfer<Checks> & string)[] = [],
): Check {
  return (value, where) => {
    if (!isObject(value)) throw otherKind(where, value, 'an object');
    for (const [name, item] of Object.entries(value)) {
      if (!Object.hasOwn(checks, name)) throw unknownField(where, name, Object.keys(checks));
      if (item !== undefined) checks[name]?.(item, inside(where, name));
    }
    for (const name of needed) {
      if (value[name] === undefined)
        throw new KippuError('invalid', `${inside(where, name)} is missing.`, { where: inside(where, name) });
    }
  };
}

/** An object of one of several forms, told apart by the text at `by`. */
export function variantOf(by: string, forms: Readonly<Record<string, Check>>): Check {
  return (value, where) => {
    if (!isObject(value)) throw otherKind(where, value, 'an object');
    const form = value[by];
    oneOf(...Object.keys(forms))(form, inside(where, by));
    forms[String(form)]?.(value, where);
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function inside(where: string, name: string): string {
  return where === '' ? name : `${where}.${name}`;
}

const SHOWN_CHARS_MAX = 60;

/** Of what holds nothing secret: what was given is shown. */
export function wrong(where: string, value: unknown, wanted: string): KippuError {
  // NaN and Infinity are null in JSON.
  const shown = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return refusal(where, shown.slice(0, SHOWN_CHARS_MAX), wanted);
}

/** Where another kind of thing is meant, somebody may have put anything, a password too: only its kind is shown. */
export function otherKind(where: string, value: unknown, wanted: string): KippuError {
  return refusal(where, kindOf(value), wanted);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  const kinds: Readonly<Record<string, string>> = { string: 'a text', object: 'an object', function: 'a function' };
  return kinds[typeof value] ?? `a ${typeof value}`;
}

function refusal(where: string, shown: string, wanted: string): KippuError {
  return new KippuError('invalid', `${where === '' ? 'The whole' : where} is ${shown}. Give ${wanted}.`, { where });
}

function unknownField(where: string, name: string, known: readonly string[]): KippuError {
  const likely = known.find((one) => one.toLowerCase() === name.toLowerCase() || isNear(one, name));
  const instead = likely === undefined ? `There are: ${known.join(', ')}.` : `Did you mean ${likely}?`;
  return new KippuError('invalid', `There is no field ${inside(where, name)}. ${instead}`, {
    where: inside(where, name),
  });
}

/** One character left out, added or exchanged. */
function isNear(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  const rest = (word: string, skip: number): string => word.slice(start + skip);
  return [
    [1, 1],
    [1, 0],
    [0, 1],
  ].some(([mine = 0, theirs = 0]) => rest(one, mine) === rest(other, theirs));
}
