import type { Command } from 'commander';
import { API_SCOPES } from '../../model/api-key-store.ts';
import type { Page } from '../api/client.ts';
import type { ApiKeyJson, NewApiKeyJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { collect, collectWords } from '../flags.ts';
import { printable } from '../printable.ts';
import { table } from '../table.ts';
import { clockText, localZone } from '../times.ts';

interface CreateFlags {
  readonly name: string;
  readonly scope: readonly string[];
  readonly connection?: readonly string[];
  readonly json?: boolean;
}

export function registerApiKeys(program: Command, cli: Cli): void {
  const { commands, options, program: texts } = cli.texts;
  const apiKeys = program.command('api-keys').helpGroup(texts.groups.operation).description(commands.apiKeys);
  apiKeys
    .command('create')
    .description(commands.apiKeysCreate)
    .requiredOption('--name <name>', options.keyName)
    .requiredOption('--scope <scope...>', `${options.keyScope} ${API_SCOPES.join(', ')}`, collectWords)
    .option('--connection <connection...>', options.keyConnection, collect)
    .option('--json', options.json)
    .action((flags: CreateFlags) => create(flags, cli));
  apiKeys
    .command('list')
    .description(commands.apiKeysList)
    .option('--json', options.json)
    .action((flags: { readonly json?: boolean }) => list(flags, cli));
  apiKeys
    .command('revoke')
    .description(commands.apiKeysRevoke)
    .argument('<id>', cli.texts.arguments.apiKey)
    .action((id: string) => revoke(id, cli));
}

/** The key is the only thing on stdout, once and never again. */
async function create({ name, scope, connection, json }: CreateFlags, cli: Cli): Promise<void> {
  const made = await withApi(cli, ({ api }) =>
    api.post<NewApiKeyJson>('/v1/api-keys', { name, scopes: scope, connections: connection }),
  );
  if (json === true) cli.printJson(made);
  else cli.print(made.key);
  cli.say(cli.texts.apiKeys.shownOnce(made.id));
}

async function list({ json }: { readonly json?: boolean }, cli: Cli): Promise<void> {
  const page = await withApi(cli, ({ api }) => api.get<Page<ApiKeyJson>>('/v1/api-keys'));
  if (json === true) {
    cli.printJson(page);
    return;
  }
  if (page.items.length === 0) {
    cli.say(cli.texts.apiKeys.none);
    return;
  }
  const { headings, active, revoked, everyConnection } = cli.texts.apiKeys;
  const zone = localZone();
  const rows = page.items.map((key) => [
    key.id,
    printable(key.name),
    key.scopes.join(' '),
    key.connections === null ? everyConnection : key.connections.join(' '),
    clockText(Date.parse(key.created_at), zone),
    key.revoked_at === null ? cli.style.good(active) : cli.style.soft(revoked),
  ]);
  cli.print(
    table([headings.id, headings.name, headings.scopes, headings.connections, headings.created, headings.state], rows),
  );
  cli.say(cli.texts.times.zone(zone));
}

async function revoke(id: string, cli: Cli): Promise<void> {
  await withApi(cli, ({ api }) => api.delete(`/v1/api-keys/${encodeURIComponent(id)}`));
  cli.say(cli.texts.apiKeys.isRevoked(id));
}
