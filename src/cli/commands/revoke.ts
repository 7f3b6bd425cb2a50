import { Option, type Command } from 'commander';
import { KippuError } from '../../model/errors.ts';
import { connectionPath } from '../api/client.ts';
import type { ConnectionJson } from '../api/json.ts';
import { withApi, type ApiContext } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { EXIT } from '../exit-code.ts';
import { printable } from '../printable.ts';
import { ask, canAsk } from '../question.ts';
import { ENDLESS_TEXTS } from '../texts/endless-texts.ts';

interface RevokeFlags {
  readonly localOnly?: boolean;
  readonly neverExpires?: boolean;
  readonly yes?: boolean;
}

export function registerRevoke(program: Command, cli: Cli): void {
  const texts = ENDLESS_TEXTS[cli.language];
  program
    .command('revoke')
    .helpGroup(cli.texts.program.groups.connections)
    .description(cli.texts.commands.revoke)
    .argument('[connection]', cli.texts.arguments.connection)
    .option('--local-only', cli.texts.options.localOnly)
    .option('--never-expires', texts.option)
    .addOption(new Option('--yes', texts.yes))
    .action((connection: string | undefined, flags: RevokeFlags) => revoke(connection, flags, cli));
}

async function revoke(connection: string | undefined, flags: RevokeFlags, cli: Cli): Promise<void> {
  if ((connection === undefined) !== (flags.neverExpires === true))
    throw new KippuError('invalid', ENDLESS_TEXTS[cli.language].oneOrAll, { where: 'connection' });
  await withApi(cli, async (context) => {
    if (connection === undefined) return revokeEndless(flags, context, cli);
    await revokeOne(connection, flags, context);
    const { revoked } = cli.texts;
    cli.say(flags.localOnly === true ? revoked.hereOnly(connection) : revoked.everywhere(connection));
  });
}

async function revokeOne(connection: string, { localOnly }: RevokeFlags, { api }: ApiContext): Promise<void> {
  await api.delete(connectionPath(connection, localOnly === true ? '?local_only=true' : ''));
}

/** Tokens from before an app switched expiry on: they live until somebody ends them. One that fails stops none of the others. */
async function revokeEndless(flags: RevokeFlags, context: ApiContext, cli: Cli): Promise<void> {
  const texts = ENDLESS_TEXTS[cli.language];
  const { items } = await context.api.all<ConnectionJson>('/v1/connections', { never_expires: 'true' });
  const living = items.filter(({ state }) => state !== 'revoked');
  if (living.length === 0) return cli.say(texts.none);
  cli.say([texts.list(living.length), ...living.map(({ name }) => `  ${printable(name)}`)].join('\n'));
  if (flags.yes !== true && !canAsk()) throw new KippuError('invalid', texts.needsYes, { where: '--yes' });
  if (flags.yes !== true && !(await ask(texts.question(living.length)))) return cli.say(texts.nothingDone);
  let failures = 0;
  for (const { id, name } of living) {
    try {
      await revokeOne(id, flags, context);
    } catch (error) {
      if (!(error instanceof KippuError)) throw error;
      failures += 1;
      cli.say(texts.failed(printable(name), error.message));
    }
  }
  cli.say(texts.summary(living.length - failures, failures));
  if (failures > 0) cli.exitCode = EXIT.failed;
}
