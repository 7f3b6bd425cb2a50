import type { Command } from 'commander';
import { shownDatabase } from '../../app/database-url.ts';
import { KippuError } from '../../model/errors.ts';
import type { Cli } from '../cli.ts';
import { EXIT } from '../exit-code.ts';
import { ask, canAsk } from '../question.ts';

interface AdoptFlags {
  readonly yes?: boolean;
  readonly moved?: boolean;
}

export function registerAdopt(program: Command, cli: Cli): void {
  program
    .command('adopt')
    .helpGroup(cli.texts.program.groups.operation)
    .description(cli.texts.commands.adopt)
    .option('--yes', cli.texts.options.yes)
    .option('--moved', cli.texts.options.moved)
    .addHelpText('after', `\n${cli.texts.adopt.explanation}\n${cli.texts.adopt.moved}`)
    .action((flags: AdoptFlags) => adopt(flags, cli));
}

async function adopt({ yes, moved }: AdoptFlags, cli: Cli): Promise<void> {
  const [{ adoptStore, copyNotice }, { findRunningServer }] = await Promise.all([
    import('../../app/maintenance.ts'),
    import('../../app/running-server.ts'),
  ]);
  const config = await cli.readConfig();
  const { adopt: texts } = cli.texts;
  const copied = await copyNotice(config, await cli.outsideWorld());
  if (copied === undefined) {
    cli.say(texts.notNeeded(shownDatabase(config.databaseUrl)));
    return;
  }
  cli.say(texts.found(shownDatabase(config.databaseUrl), copied.why));
  if (copied.kind === 'moved') cli.say(texts.leftBehind(copied.place));
  cli.say(moved === true && copied.kind !== 'moved' ? texts.moved : texts.explanation);
  if (yes !== true && !(await isConfirmed(cli))) {
    cli.say(texts.leftAsItIs);
    cli.exitCode = EXIT.failed;
    return;
  }
  await adoptStore({ hasMoved: moved === true }, config, await cli.outsideWorld());
  cli.say(texts.adopted);
  if (findRunningServer(config.rootHome) !== undefined) cli.say(texts.restartServer);
}

async function isConfirmed(cli: Cli): Promise<boolean> {
  if (!canAsk()) {
    throw new KippuError(
      'invalid',
      'Nobody is here to answer. Nothing was changed; give --yes if this store is the real one from now on.',
      { where: '--yes' },
    );
  }
  return ask(cli.texts.adopt.question);
}
