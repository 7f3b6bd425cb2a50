import type { Command } from 'commander';
import { connectionPath } from '../api/client.ts';
import type { ConnectionJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { printable } from '../printable.ts';
import { distanceText } from '../show-connection.ts';

export function registerRenew(program: Command, cli: Cli): void {
  program
    .command('renew')
    .helpGroup(cli.texts.program.groups.connections)
    .description(cli.texts.commands.renew)
    .argument('<connection>', cli.texts.arguments.connection)
    .option('--json', cli.texts.options.json)
    .action((connection: string, flags: { readonly json?: boolean }) => renew(connection, flags, cli));
}

/** Never shows a token: that is for `kippu token`. */
async function renew(idOrName: string, { json }: { readonly json?: boolean }, cli: Cli): Promise<void> {
  const connection = await withApi(cli, ({ api }) => api.post<ConnectionJson>(connectionPath(idOrName, '/renew')));
  const { name, access_expires_at: endsAt } = connection;
  if (json === true) cli.printJson(connection);
  cli.say(cli.texts.renewed(printable(name), endsAt === null ? undefined : distanceText(Date.parse(endsAt), cli)));
}
