import type { TimelineEntryJson } from '../api/json.ts';
import type { Cli } from '../cli.ts';
import { printable } from '../printable.ts';
import { clockText, localZone } from '../times.ts';

const ENTRIES_SHOWN = 40;

/** What happened, the newest first, a line each. */
export function historyOf(entries: readonly TimelineEntryJson[], cli: Cli): string {
  const { show, times } = cli.texts;
  if (entries.length === 0) return show.nothing;
  const zone = localZone();
  const shown = entries.slice(-ENTRIES_SHOWN).reverse();
  const lines = shown.map(
    (entry) => `${cli.style.soft(clockText(Date.parse(entry.at), zone))}  ${printable(sentence(entry, cli))}`,
  );
  const hidden = entries.length - shown.length;
  return [...lines, ...(hidden === 0 ? [] : [show.earlier(hidden)]), cli.style.soft(times.zone(zone))].join('\n');
}

function sentence(entry: TimelineEntryJson, { texts: { show, reasons } }: Cli): string {
  switch (entry.kind) {
    case 'orphan':
      return show.orphan;
    case 'attempt': {
      const outcome = entry.outcome ?? 'open';
      const what = `${show.purposes[entry.purpose] ?? entry.purpose}: ${show.outcomes[outcome] ?? outcome}`;
      return entry.error === null ? what : `${what} (${entry.error})`;
    }
    case 'event': {
      const what = show.events[entry.type] ?? entry.type;
      const { reason } = entry.data;
      return typeof reason === 'string' ? `${what} (${reasons[reason] ?? reason})` : what;
    }
  }
}
