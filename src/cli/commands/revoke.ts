import type { Command } from 'commander';
import { connectionPath } from '../api/client.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';

interface RevokeFlags {
  readonly localOnly?: boolean;
}

export function registerRevoke(program: Command, cli: Cli): void {
  program
    .command('revoke')
    .helpGroup(cli.texts.program.groups.connections)
    .description(cli.texts.commands.revoke)
    .argument('<connection>', cli.texts.arguments.connection)
    .option('--local-only', cli.texts.options.localOnly)
    .action((connection: string, flags: RevokeFlags) => revoke(connection, flags, cli));
}

async function revoke(connection: string, { localOnly }: RevokeFlags, cli: Cli): Promise<void> {
  await withApi(cli, ({ api }) => api.delete(connectionPath(connection, localOnly === true ? '?local_only=true' : '')));
  cli.say(localOnly === true ? cli.texts.revoked.hereOnly(connection) : cli.texts.revoked.everywhere(connection));
}
