import type { Command } from 'commander';
import type { App } from '../../app/open.ts';
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
  const isPlain = refused === undefined && flags.minTtl === undefined && flags.json !== true;
  const answer = await withApi<BareToken>(cli, ({ api, interrupted, local }) => {
    if (isPlain && local !== undefined) return tokenHere(connection, local.app, interrupted);
    if (refused !== undefined) return api.post<TokenJson>(connectionPath(connection, '/token'), { refused });
    const query = flags.minTtl === undefined ? '' : `?min_ttl=${flags.minTtl}`;
    return api.get<TokenJson>(connectionPath(connection, `/token${query}`));
  });
  if (answer.token_type.toLowerCase() === 'dpop')
    cli.say(cli.talkStyle.warn(BOUND_TOKEN_TEXTS[cli.language](connection)));
  if (flags.json === true) cli.printJson(answer);
  else cli.print(answer.access_token);
}

type BareToken = Pick<TokenJson, 'access_token' | 'token_type'>;

/**
 * The way of a script that asks for nothing but the token, where no server runs: the same use case as behind the API, and
 * without the API, which takes longer to load than all the rest.
 */
async function tokenHere(connection: string, app: App, signal: AbortSignal): Promise<BareToken> {
  const { findConnection } = await import('../../app/find-connection.ts');
  const { id } = await findConnection(connection, app);
  const { accessToken, tokenType } = await app.tokens.get(id, {}, { signal });
  return { access_token: accessToken.reveal(), token_type: tokenType };
}
