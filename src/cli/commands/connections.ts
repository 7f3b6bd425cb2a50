import process from 'node:process';
import { Option, type Command } from 'commander';
import { CONNECTION_STATES } from '../../model/connection.ts';
import type { ConnectionJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { printable } from '../printable.ts';
import { endText, grantEnd, isEndless, stateText } from '../show-connection.ts';
import { table } from '../table.ts';
import { ENDLESS_TEXTS } from '../texts/endless-texts.ts';
import { textWidth } from '../text-width.ts';
import { localZone } from '../times.ts';

interface ConnectionsFlags {
  readonly state?: string;
  readonly neverExpires?: boolean;
  readonly json?: boolean;
}

export function registerConnections(program: Command, cli: Cli): void {
  const { options } = cli.texts;
  program
    .command('connections')
    .helpGroup(cli.texts.program.groups.connections)
    .description(cli.texts.commands.connections)
    .addOption(new Option('--state <state>', options.connectionState).choices(CONNECTION_STATES))
    .option('--never-expires', options.neverExpires)
    .option('--json', options.json)
    .action((flags: ConnectionsFlags) => connections(flags, cli));
}

async function connections({ state, neverExpires, json }: ConnectionsFlags, cli: Cli): Promise<void> {
  const query = { state, never_expires: neverExpires === true ? 'true' : undefined };
  const page = await withApi(cli, ({ api }) => api.all<ConnectionJson>('/v1/connections', query));
  if (json === true) {
    cli.printJson(page);
    return;
  }
  if (page.items.length === 0) {
    cli.say(state === undefined && neverExpires !== true ? cli.texts.connections.none : cli.texts.connections.noneSuch);
    return;
  }
  cli.print(asTable(page.items, cli));
  cli.say(cli.texts.times.zone(localZone()));
}

/** By its name a connection can be called as well: the id is there where there is room for it. */
function asTable(items: readonly ConnectionJson[], cli: Cli): string {
  const { headings } = cli.texts.connections;
  const rows = items.map((connection) => [
    printable(connection.name),
    connection.provider,
    stateText(connection, cli),
    isEndless(connection) ? ENDLESS_TEXTS[cli.language].never : endText(connection.access_expires_at, cli),
    endText(grantEnd(connection), cli),
    String(connection.renewals),
    connection.id,
  ]);
  const all = [
    headings.name,
    headings.provider,
    headings.state,
    headings.accessEnds,
    headings.refreshEnds,
    headings.renewals,
    headings.id,
  ];
  const whole = table(all, rows);
  const fits = !process.stdout.isTTY || whole.split('\n').every((line) => textWidth(line) <= process.stdout.columns);
  return fits ? whole : table(all.slice(0, -1), rows);
}
