import type { Command } from 'commander';
import { shownDatabase } from '../../app/database-url.ts';
import type { Cli } from '../cli.ts';
import { MOVE_TEXTS } from '../texts/move-texts.ts';

interface MoveFlags {
  readonly from?: string;
  readonly to: string;
  readonly json?: boolean;
}

export function registerMigrateStore(program: Command, cli: Cli): void {
  const texts = MOVE_TEXTS[cli.language];
  program
    .command('migrate-store')
    .helpGroup(cli.texts.program.groups.operation)
    .description(texts.description)
    .option('--from <url>', texts.from)
    .requiredOption('--to <url>', texts.to)
    .option('--json', cli.texts.options.json)
    .addHelpText('after', `\n${texts.explanation}`)
    .action((flags: MoveFlags) => migrateStore(flags, cli));
}

async function migrateStore({ from, to, json }: MoveFlags, cli: Cli): Promise<void> {
  const { moveStore } = await import('../../app/move-store.ts');
  const texts = MOVE_TEXTS[cli.language];
  const waiting = (underWay: number): void => {
    cli.say(texts.waiting(underWay));
  };
  const moving = { from: from ?? (await cli.readConfig()).databaseUrl, to, directory: cli.directory, waiting };
  const { connections, unsettled, before } = await moveStore(moving, await cli.outsideWorld());
  const place = shownDatabase(to);
  if (json === true) cli.printJson({ to: place, connections, unsettled, before });
  else cli.print(before ? texts.movedBefore(connections, place) : texts.moved(connections, place));
  if (unsettled > 0) cli.say(texts.unsettled(unsettled));
  cli.say(texts.next);
}
