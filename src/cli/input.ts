import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { KippuError } from '../model/errors.ts';
import type { Cli } from './cli.ts';

const INPUT_BYTES_MAX = 16 * 1024 * 1024;

/** What was given, or all of stdin where `-` was given. */
export async function readInput(given: string, cli: Cli): Promise<string> {
  return given === '-' ? readStdin(cli) : given;
}

/** A file's text, or all of stdin where `-` was given. Throws `invalid`. */
export async function readFileInput(file: string, cli: Cli): Promise<string> {
  if (file === '-') return readStdin(cli);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new KippuError('invalid', `${file} cannot be read (${code}). Give a file, or - for stdin.`, { cause });
  }
}

export async function readStdin(cli: Cli): Promise<string> {
  if (process.stdin.isTTY) cli.say(cli.texts.general.readingStdin);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > INPUT_BYTES_MAX) {
      throw new KippuError('invalid', `stdin has more than ${INPUT_BYTES_MAX} bytes. Give less.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
