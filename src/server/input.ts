import type * as z from 'zod';
import { KippuError } from '../model/errors.ts';
import { HttpError } from './problem.ts';

/** Texts and their settings; a megabyte is far more than any of them. */
export const JSON_BYTES_MAX = 1024 * 1024;

/** Reads a body whole, or throws a 413. */
export async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A JSON body; none at all counts as an empty object, so that what is missing in it is named. */
export async function readJson(request: Request): Promise<unknown> {
  const text = Buffer.from(await readBytes(request, JSON_BYTES_MAX)).toString('utf8');
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(
      400,
      'invalid',
      `The body is not JSON: ${error instanceof SyntaxError ? withoutExcerpt(error.message) : 'it cannot be read'}.`,
    );
  }
}

/** The engine quotes the text it stumbles over, and that may be a token. */
function withoutExcerpt(message: string): string {
  return (
    /^(Unexpected end of JSON input|Unexpected token|Expected [^"]*?(?= in JSON)|Bad [^"]*?(?= in JSON))/.exec(
      message,
    )?.[0] ?? 'it cannot be parsed'
  );
}

function tooLarge(bytesMax: number): HttpError {
  return new HttpError(413, 'invalid', `The body is larger than ${bytesMax} bytes.`, { connection: 'close' });
}

/** The query as a schema wants it; an empty value counts as not given. */
export function parseQuery<S extends z.ZodObject>(schema: S, url: URL): z.output<S> {
  const given: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    if (name in given)
      throw new KippuError('invalid', `The parameter "${name}" is there twice. Give it once.`, { where: name });
    if (value !== '') given[name] = value;
  }
  return parse(schema, given, { what: 'parameter', prefix: '' });
}

/** Throws `invalid`, naming the first thing that is not right as a JSON pointer. */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  return parse(schema, body, { what: 'field', prefix: '/' });
}

function parse<S extends z.ZodType>(
  schema: S,
  value: unknown,
  words: { readonly what: string; readonly prefix: string },
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.map(String) ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const where = [...path, issue.keys[0] ?? ''].join('/');
    const known =
      'shape' in schema && path.length === 0 ? ` There are: ${Object.keys(schema.shape as object).join(', ')}.` : '';
    throw new KippuError('invalid', `There is no ${words.what} "${where}".${known}`, { where: words.prefix + where });
  }
  const where = words.prefix + path.join('/');
  const subject = path.length === 0 ? 'The body' : `"${path.join('/')}"`;
  throw new KippuError('invalid', `${subject} is not right: ${lowerFirst(issue?.message ?? 'it cannot be read')}.`, {
    where,
  });
}

function lowerFirst(text: string): string {
  return text.replace(/^Invalid (input|option): /, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
