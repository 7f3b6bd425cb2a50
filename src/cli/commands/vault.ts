import type { Command } from 'commander';
import type { RotationReport, VaultStatus } from '../../app/vault.ts';
import type { App } from '../../app/open.ts';
import type { Config } from '../../app/config.ts';
import { KippuError } from '../../model/errors.ts';
import type { Cli } from '../cli.ts';
import { EXIT } from '../exit-code.ts';
import { interruptible, orInterrupted } from '../interrupt.ts';
import { table } from '../table.ts';

export function registerVault(program: Command, cli: Cli): void {
  const { commands, options, program: texts } = cli.texts;
  const vault = program.command('vault').helpGroup(texts.groups.operation).description(commands.vault);
  vault
    .command('keygen')
    .description(commands.vaultKeygen)
    .option('--id <id>', options.keyId)
    .option('--json', options.json)
    .action((flags: { readonly id?: string; readonly json?: boolean }) => keygen(flags, cli));
  vault
    .command('rotate')
    .description(commands.vaultRotate)
    .option('--json', options.json)
    .action((flags: { readonly json?: boolean }) => rotate(flags, cli));
  vault
    .command('status')
    .description(commands.vaultStatus)
    .option('--json', options.json)
    .action((flags: { readonly json?: boolean }) => status(flags, cli));
}

async function keygen({ id, json }: { readonly id?: string; readonly json?: boolean }, cli: Cli): Promise<void> {
  const { newKey } = await import('../../app/vault.ts');
  const chosen = id ?? new Date(cli.nowMs()).toISOString().slice(0, 10);
  const entry = newKey(chosen, (await cli.outsideWorld()).random).reveal();
  cli.say(cli.texts.vault.keygen);
  if (json === true) cli.printJson({ id: chosen, key: entry });
  else cli.print(entry);
}

async function rotate({ json }: { readonly json?: boolean }, cli: Cli): Promise<void> {
  const { isRingNewerThanServer, resealEverything } = await import('../../app/vault.ts');
  const { findRunningServer } = await import('../../app/running-server.ts');
  const config = await cli.readConfig();
  const server = findRunningServer(config.rootHome);
  if (server !== undefined && isRingNewerThanServer(config)) {
    throw new KippuError(
      'conflict',
      `The key ring was changed after the server at ${server.url} had started: it could not open what is sealed with the new key. Restart it, then rotate.`,
    );
  }
  if (server !== undefined) cli.say(cli.texts.vault.serverNeedsRing(server.url));
  const report = await withApp(config, cli, async (app) => ({
    sealingKeyId: app.vault.sealingKeyId,
    ...(await resealEverything(app, ({ resealed, already }) => {
      cli.say(cli.texts.vault.progress(resealed, already));
    })),
  }));
  if (json === true) cli.printJson(rotationJson(report));
  else cli.print(rotationText(report, cli));
  if (report.unreadableCount > 0) cli.exitCode = EXIT.failed;
}

type Report = RotationReport & { readonly sealingKeyId: string };

function rotationJson({ sealingKeyId, resealed, already, stillNeeded, unreadableCount, unreadable }: Report): unknown {
  return {
    sealing_key: sealingKeyId,
    resealed,
    already,
    still_needed: stillNeeded.map(keyUseJson),
    unreadable_count: unreadableCount,
    unreadable: unreadable.map(({ table, rowId, message }) => ({ table, row: rowId, message })),
  };
}

function rotationText(report: Report, cli: Cli): string {
  const { vault } = cli.texts;
  const lines = [vault.rotated(report.resealed, report.already, report.sealingKeyId)];
  if (report.stillNeeded.length === 0) lines.push(cli.style.good(vault.onlyFirst(report.sealingKeyId)));
  else lines.push(cli.style.warn(vault.stillNeeded(report.stillNeeded.map(({ keyId }) => keyId))));
  return [...lines, ...unreadableLines(report, cli)].join('\n');
}

async function status({ json }: { readonly json?: boolean }, cli: Cli): Promise<void> {
  const { keysInUse } = await import('../../app/vault.ts');
  const config = await cli.readConfig();
  const found = await withApp(config, cli, (app) => keysInUse(app));
  if (json === true) cli.printJson(statusJson(found));
  else cli.print(statusText(found, cli));
  if (found.unreadableCount > 0) cli.exitCode = EXIT.failed;
}

function statusJson({ sealingKeyId, keys, unreadableCount, unreadable }: VaultStatus): unknown {
  return {
    sealing_key: sealingKeyId,
    keys: keys.map(keyUseJson),
    unreadable_count: unreadableCount,
    unreadable: unreadable.map(({ table, rowId, message }) => ({ table, row: rowId, message })),
  };
}

function keyUseJson({ keyId, values, unreadable }: VaultStatus['keys'][number]): unknown {
  return { id: keyId, values, unreadable };
}

function statusText(found: VaultStatus, cli: Cli): string {
  const { vault } = cli.texts;
  const rows = found.keys.map(({ keyId, values, unreadable }) => [
    keyId === found.sealingKeyId ? `${keyId} ${vault.seals}` : keyId,
    String(values),
    unreadable === 0 ? '-' : cli.style.bad(String(unreadable)),
  ]);
  const isOneKey = found.keys.every(({ keyId }) => keyId === found.sealingKeyId);
  const advice = isOneKey ? vault.onlyFirst(found.sealingKeyId) : vault.rotateAdvice;
  return [
    table([vault.headings.key, vault.headings.values, vault.headings.unreadable], rows),
    '',
    advice,
    ...unreadableLines(found, cli),
  ].join('\n');
}

const UNREADABLE_SHOWN = 20;

function unreadableLines(
  { unreadable, unreadableCount }: Pick<VaultStatus, 'unreadable' | 'unreadableCount'>,
  cli: Cli,
): string[] {
  if (unreadableCount === 0) return [];
  const lines = unreadable
    .slice(0, UNREADABLE_SHOWN)
    .map(({ table, rowId, message }) => `  ${table} ${rowId}: ${message}`);
  return [cli.style.bad(cli.texts.vault.unreadable(unreadableCount)), ...lines];
}

/** Directly on the database, also while a server runs. A Ctrl-C leaves every value whole; the next run goes on. */
async function withApp<T>(config: Config, cli: Cli, work: (app: App) => Promise<T>): Promise<T> {
  const { openForCli } = await import('../api/open-for-cli.ts');
  const app = await openForCli(config, cli);
  try {
    return await interruptible((interrupted) => orInterrupted(work(app), interrupted));
  } finally {
    await app.close();
  }
}
