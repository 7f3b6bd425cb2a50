import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { EXIT } from '../exit-code.ts';

interface MigrateFlags {
  readonly check?: boolean;
  readonly json?: boolean;
}

export function registerMigrate(program: Command, cli: Cli): void {
  program
    .command('migrate')
    .helpGroup(cli.texts.program.groups.operation)
    .description(cli.texts.commands.migrate)
    .option('--check', cli.texts.options.check)
    .option('--json', cli.texts.options.json)
    .action((flags: MigrateFlags) => migrate(flags, cli));
}

async function migrate({ check, json }: MigrateFlags, cli: Cli): Promise<void> {
  const { migrateStore, pendingMigrations } = await import('../../app/maintenance.ts');
  const config = await cli.readConfig();
  const { migrated } = cli.texts;
  if (check === true) {
    const pending = await pendingMigrations(config, await cli.outsideWorld());
    if (pending.length > 0) cli.exitCode = EXIT.failed;
    if (json === true) cli.printJson({ pending });
    else
      cli.print(
        pending.length === 0
          ? migrated.upToDate
          : [migrated.pending(pending.length), ...pending.map((name) => `  ${name}`)].join('\n'),
      );
    return;
  }
  const applied = await migrateStore(config, await cli.outsideWorld());
  if (json === true) cli.printJson({ applied });
  else
    cli.print(
      applied.length === 0
        ? migrated.upToDate
        : [migrated.applied(applied.length), ...applied.map((name) => `  ${name}`)].join('\n'),
    );
}
