import type { Command } from 'commander';
import { KippuError } from '../../model/errors.ts';
import type { ConnectionJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { readFileInput } from '../input.ts';
import { printable } from '../printable.ts';
import { distanceText } from '../show-connection.ts';
import { WITHOUT_USER_TEXTS } from '../texts/without-user-texts.ts';

interface ImportFlags {
  readonly from?: string;
  readonly apiKey?: string;
  readonly header?: string;
  readonly scheme?: string;
  readonly expiresAt?: string;
  readonly connection?: string;
  readonly name?: string;
  readonly json?: boolean;
}

export function registerImport(program: Command, cli: Cli): void {
  const { options } = cli.texts;
  const ofKeys = WITHOUT_USER_TEXTS[cli.language];
  program
    .command('import')
    .helpGroup(cli.texts.program.groups.connections)
    .description(cli.texts.commands.import)
    .argument('<provider>', cli.texts.arguments.provider)
    .option('--from <file>', options.from)
    .option('--api-key <file>', ofKeys.apiKey)
    .option('--header <header>', ofKeys.header)
    .option('--scheme <scheme>', ofKeys.scheme)
    .option('--expires-at <time>', ofKeys.expiresAt)
    .option('--connection <connection>', ofKeys.replaced)
    .option('--name <name>', options.name)
    .option('--json', options.json)
    .addHelpText('after', `\n${cli.texts.help.import}`)
    .action((provider: string, flags: ImportFlags) => takeOver(provider, flags, cli));
}

const OF_KEYS = ['header', 'scheme', 'expiresAt', 'connection'] as const;

async function takeOver(provider: string, flags: ImportFlags, cli: Cli): Promise<void> {
  const { from, apiKey, name, json } = flags;
  const texts = WITHOUT_USER_TEXTS[cli.language];
  if ((from === undefined) === (apiKey === undefined))
    throw new KippuError('invalid', texts.oneOf, { where: '--from' });
  if (apiKey !== undefined) return importKey(provider, { ...flags, apiKey }, cli);
  const misplaced = OF_KEYS.find((flag) => flags[flag] !== undefined);
  if (misplaced !== undefined) {
    const flag = misplaced === 'expiresAt' ? '--expires-at' : `--${misplaced}`;
    throw new KippuError('invalid', texts.ofKeysOnly(flag), { where: flag });
  }
  return importTokens(provider, { from: from ?? '', name, json }, cli);
}

interface TokenImport {
  readonly from: string;
  readonly name: string | undefined;
  readonly json: boolean | undefined;
}

/** The key comes from a file or standard input: on the command line, every process of this machine could read it. */
async function importKey(provider: string, flags: ImportFlags & { readonly apiKey: string }, cli: Cli): Promise<void> {
  const { header, scheme, expiresAt, name, json } = flags;
  const key = (await readFileInput(flags.apiKey, cli)).trim();
  const connection = await withApi(cli, ({ api }) =>
    api.post<ConnectionJson>('/v1/key-connections', {
      provider,
      name,
      api_key: key,
      api_key_header: header,
      api_key_scheme: scheme,
      expires_at: expiresAt,
      connection: flags.connection,
    }),
  );
  const { access_expires_at: endsAt } = connection;
  cli.say(
    WITHOUT_USER_TEXTS[cli.language].imported(endsAt === null ? undefined : distanceText(Date.parse(endsAt), cli)),
  );
  if (json === true) cli.printJson(connection);
  else cli.print(printable(connection.name));
}

async function importTokens(provider: string, { from, name, json }: TokenImport, cli: Cli): Promise<void> {
  const tokens = parseTokens(await readFileInput(from, cli));
  const connection = await withApi(cli, ({ api }) =>
    api.post<ConnectionJson>('/v1/connections', { ...tokens, provider, ...(name === undefined ? {} : { name }) }),
  );
  if (connection.renewable) cli.say(cli.texts.imported.oneOwner);
  else cli.say(cli.texts.connect.noRefreshToken);
  if (json === true) cli.printJson(connection);
  else cli.print(printable(connection.name));
}

const FIELDS = new Set([
  'access_token',
  'refresh_token',
  'id_token',
  'expires_at',
  'expires_in',
  'refresh_token_expires_at',
  'scope',
  'subject',
]);

/**
 * What Kippu can use of it: other programs keep more, as does a provider's own answer. Never shows what it could not
 * read: it holds tokens.
 */
function parseTokens(text: string): Readonly<Record<string, unknown>> {
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).filter(([name, field]) => FIELDS.has(name) && field !== null));
  }
  throw new KippuError(
    'invalid',
    'The tokens to import are not a JSON object. Give {"refresh_token": "…", "access_token": "…", "expires_at": "…"}.',
    { where: '--from' },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the text.
    return undefined;
  }
}
