import type { Command } from 'commander';
import type { Cli } from '../cli.ts';

export function registerBackup(program: Command, cli: Cli): void {
  program
    .command('backup')
    .helpGroup(cli.texts.program.groups.operation)
    .description(cli.texts.commands.backup)
    .argument('<file>', cli.texts.arguments.backupFile)
    .action((file: string) => backup(file, cli));
}

async function backup(file: string, cli: Cli): Promise<void> {
  const { backUp } = await import('../../app/maintenance.ts');
  const config = await cli.readConfig();
  const path = await backUp(file, config, await cli.outsideWorld());
  cli.print(path);
  cli.say(cli.texts.backedUp);
}
