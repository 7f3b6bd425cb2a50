import process from 'node:process';
import type { Command } from 'commander';
import { connectionPath } from '../api/client.ts';
import type { ConnectionJson, TimelineJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { reuseAdvice } from '../reuse-advice.ts';
import { connectionForm } from '../show-connection.ts';
import { localZone } from '../times.ts';
import { drawTimeline } from '../timeline/drawing.ts';
import { historyOf } from '../timeline/history.ts';
import { timelineOf } from '../timeline/reading.ts';

const COLUMNS_DEFAULT = 80;

export function registerShow(program: Command, cli: Cli): void {
  program
    .command('show')
    .helpGroup(cli.texts.program.groups.connections)
    .description(cli.texts.commands.show)
    .argument('<connection>', cli.texts.arguments.connection)
    .option('--json', cli.texts.options.json)
    .action((connection: string, flags: { readonly json?: boolean }) => show(connection, flags, cli));
}

async function show(idOrName: string, { json }: { readonly json?: boolean }, cli: Cli): Promise<void> {
  const { connection, entries } = await withApi(cli, async ({ api }) => {
    const connection = await api.get<ConnectionJson>(connectionPath(idOrName));
    const { items } = await api.get<TimelineJson>(connectionPath(connection.id, '/timeline'));
    return { connection, entries: items };
  });
  if (json === true) {
    cli.printJson({ ...connection, timeline: entries });
    return;
  }
  const { style, texts } = cli;
  const columns = process.stdout.columns || COLUMNS_DEFAULT;
  const drawing = drawTimeline(timelineOf({ connection, entries, nowMs: cli.nowMs() }), {
    columns,
    zone: localZone(),
    style,
    texts: texts.drawing,
  });
  const advice = reuseAdvice(connection, entries, cli);
  cli.print(
    [
      connectionForm(connection, cli),
      '',
      ...(advice === undefined ? [] : [advice, '']),
      style.bold(texts.show.timeline),
      drawing,
      '',
      style.bold(texts.show.history),
      historyOf(entries, cli),
    ].join('\n'),
  );
}
