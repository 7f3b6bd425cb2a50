import type { Command } from 'commander';
import { KippuError } from '../../model/errors.ts';
import type { ConnectionJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { readFileInput } from '../input.ts';
import { printable } from '../printable.ts';

interface ImportFlags {
  readonly from: string;
  readonly name?: string;
  readonly json?: boolean;
}

export function registerImport(program: Command, cli: Cli): void {
  const { options } = cli.texts;
  program
    .command('import')
    .helpGroup(cli.texts.program.groups.connections)
    .description(cli.texts.commands.import)
    .argument('<provider>', cli.texts.arguments.provider)
    .requiredOption('--from <file>', options.from)
    .option('--name <name>', options.name)
    .option('--json', options.json)
    .addHelpText('after', `\n${cli.texts.help.import}`)
    .action((provider: string, flags: ImportFlags) => importTokens(provider, flags, cli));
}

async function importTokens(provider: string, { from, name, json }: ImportFlags, cli: Cli): Promise<void> {
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
