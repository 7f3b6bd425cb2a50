import type { Command } from 'commander';
import { connectionPath } from '../api/client.ts';
import type { TokenJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { parseSeconds } from '../flags.ts';
import { readInput } from '../input.ts';
import { BOUND_TOKEN_TEXTS } from '../texts/bound-token-texts.ts';

interface TokenFlags {
  readonly minTtl?: number;
  readonly refused?: string;
  readonly json?: boolean;
}

export function registerToken(program: Command, cli: Cli): void {
  const { options } = cli.texts;
  program
    .command('token')
    .helpGroup(cli.texts.program.groups.connections)
    .description(cli.texts.commands.token)
    .argument('<connection>', cli.texts.arguments.connection)
    .option('--min-ttl <seconds>', options.minTtl, parseSeconds)
    .option('--refused <token>', options.refused)
    .option('--json', options.json)
    .action((connection: string, flags: TokenFlags) => token(connection, flags, cli));
}

/** The access token and a line end, and nothing else: `curl -H "authorization: Bearer $(kippu token x:alice)"`. */
async function token(connection: string, flags: TokenFlags, cli: Cli): Promise<void> {
  const refused = flags.refused === undefined ? undefined : (await readInput(flags.refused, cli)).trim();
  const answer = await withApi(cli, ({ api }) => {
    if (refused !== undefined) return api.post<TokenJson>(connectionPath(connection, '/token'), { refused });
    const query = flags.minTtl === undefined ? '' : `?min_ttl=${flags.minTtl}`;
    return api.get<TokenJson>(connectionPath(connection, `/token${query}`));
  });
  if (answer.token_type.toLowerCase() === 'dpop')
    cli.say(cli.talkStyle.warn(BOUND_TOKEN_TEXTS[cli.language](connection)));
  if (flags.json === true) cli.printJson(answer);
  else cli.print(answer.access_token);
}
