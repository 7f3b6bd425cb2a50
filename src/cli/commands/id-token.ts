import type { Command } from 'commander';
import { connectionPath } from '../api/client.ts';
import type { IdTokenJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { parseSeconds } from '../flags.ts';
import { ID_TOKEN_TEXTS } from '../texts/id-token-texts.ts';

interface IdTokenFlags {
  readonly maxAge?: number;
  readonly json?: boolean;
}

export function registerIdToken(program: Command, cli: Cli): void {
  const texts = ID_TOKEN_TEXTS[cli.language];
  program
    .command('id-token')
    .helpGroup(cli.texts.program.groups.connections)
    .description(texts.description)
    .argument('<connection>', cli.texts.arguments.connection)
    .option('--max-age <seconds>', texts.maxAge, parseSeconds)
    .option('--json', cli.texts.options.json)
    .action((connection: string, flags: IdTokenFlags) => idToken(connection, flags, cli));
}

/** The ID token and a line end, and nothing else; its claims with `--json`. */
async function idToken(connection: string, { maxAge, json }: IdTokenFlags, cli: Cli): Promise<void> {
  const query = maxAge === undefined ? '' : `?max_age=${maxAge}`;
  const answer = await withApi(cli, ({ api }) => api.get<IdTokenJson>(connectionPath(connection, `/id-token${query}`)));
  if (json === true) cli.printJson(answer);
  else cli.print(answer.id_token);
}
