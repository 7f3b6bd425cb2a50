import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { KippuError } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';

/** More than any key takes. */
const FILE_BYTES_MAX = 64 * 1024;

/**
 * A private key as a setting gives it: the PEM or JWK itself, or `@` and the path of its file. Where a variable cannot
 * hold line ends, a PEM has `\n` for them. Throws `invalid` for a file that cannot be read.
 */
export function readPrivateKey(value: string, { directory, where }: KeyPlace): Secret {
  const text = value.startsWith('@') ? readFile(resolve(directory, value.slice(1)), where) : value;
  return new Secret(text.trim().startsWith('-----BEGIN') ? text.replaceAll(String.raw`\n`, '\n') : text);
}

export interface KeyPlace {
  readonly directory: string;
  /** The variable that gave it. */
  readonly where: string;
}

function readFile(path: string, where: string): string {
  try {
    const content = readFileSync(path);
    if (content.length <= FILE_BYTES_MAX) return content.toString('utf8');
  } catch (error) {
    throw new KippuError('invalid', `The private key's file ${path} cannot be read (${codeOf(error)}).`, {
      where,
      cause: error,
    });
  }
  throw new KippuError('invalid', `The file ${path} is too large for a private key. Name the key's own file.`, {
    where,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
