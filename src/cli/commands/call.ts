import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { InvalidArgumentError, type Command } from 'commander';
import { KippuError } from '../../model/errors.ts';
import { connectionPath } from '../api/client.ts';
import { errorOf, hasErrorCode } from '../api/problem.ts';
import { withApi } from '../api/with-api.ts';
import type { ApiAnswer } from '../api/transport.ts';
import type { Cli } from '../cli.ts';
import { EXIT } from '../exit-code.ts';
import { readStdin } from '../input.ts';

interface CallFlags {
  readonly data?: string;
  readonly header?: readonly Header[];
}

type Header = readonly [name: string, value: string];

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export function registerCall(program: Command, cli: Cli): void {
  const { options } = cli.texts;
  program
    .command('call')
    .helpGroup(cli.texts.program.groups.connections)
    .description(cli.texts.commands.call)
    .argument('<connection>', cli.texts.arguments.connection)
    .argument('<method>', cli.texts.arguments.method, parseMethod)
    .argument('<url>', cli.texts.arguments.url)
    .option('-d, --data <data>', options.data)
    .option('-H, --header <header>', options.header, collectHeader)
    .action((connection: string, method: string, url: string, flags: CallFlags) =>
      call({ connection, method, url }, flags, cli),
    );
}

interface Target {
  readonly connection: string;
  readonly method: string;
  readonly url: string;
}

/** The answer's body as it is on stdout; what else there is to say on stderr. */
async function call(target: Target, flags: CallFlags, cli: Cli): Promise<void> {
  const bytes = flags.data === undefined ? undefined : await readData(flags.data, cli);
  const headers = {
    ...(bytes === undefined ? {} : { 'content-type': 'application/json' }),
    ...Object.fromEntries(flags.header ?? []),
  };
  const answer = await withApi(cli, ({ api }) => api.raw(target.method, proxyPath(target), { headers, bytes }));
  if (isFromKippu(answer)) throw errorOf(answer);
  await write(answer.body);
  if (answer.status < 400) return;
  cli.say(cli.texts.call.failed(answer.status));
  cli.exitCode = EXIT.failed;
}

/** The server takes a path, or a whole URL on the API's own origin: the token goes nowhere else. */
function proxyPath({ connection, url }: Target): string {
  return connectionPath(connection, `/proxy/${url.replace(/^\//, '')}`);
}

/** Kippu's own problem, not one of the provider's API, which may use the same form of document. */
function isFromKippu({ status, headers, body }: ApiAnswer): boolean {
  if (status < 400 || headers['content-type']?.startsWith('application/problem+json') !== true) return false;
  return hasErrorCode(body);
}

/** A value, or `@file`, or `-` for stdin: as curl has it. */
async function readData(data: string, cli: Cli): Promise<Uint8Array> {
  if (data === '-') return Buffer.from(await readStdin(cli));
  if (!data.startsWith('@')) return Buffer.from(data);
  try {
    return await readFile(data.slice(1));
  } catch (cause) {
    throw new KippuError('invalid', `${data.slice(1)} cannot be read. Give a file after @, or - for stdin.`, {
      where: '--data',
      cause,
    });
  }
}

function write(body: Uint8Array): Promise<void> {
  const isUnfinishedLine = process.stdout.isTTY && body.length > 0 && body.at(-1) !== 10;
  const bytes = isUnfinishedLine ? Buffer.concat([body, Buffer.from('\n')]) : body;
  return new Promise((resolve) => {
    process.stdout.write(bytes, () => resolve());
  });
}

function parseMethod(text: string): string {
  const method = text.toUpperCase();
  if (METHODS.includes(method)) return method;
  throw new InvalidArgumentError(`Choose from ${METHODS.join(', ')}.`);
}

/** RFC 9110, sections 5.1 and 5.5; of what is not ASCII, nothing, because nobody reads it the same way. */
const FIELD_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;

function collectHeader(text: string, all: readonly Header[] | undefined): readonly Header[] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError('Give a name and a value, as in "Accept: text/csv".');
  const header: Header = [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
  if (!FIELD_NAME.test(header[0]) || !FIELD_VALUE.test(header[1]))
    throw new InvalidArgumentError('HTTP carries no such characters in a header. Write it in ASCII.');
  return [...(all ?? []), header];
}
