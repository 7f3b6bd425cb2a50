import type { ConnectionJson, TimelineEntryJson } from './api/json.ts';
import type { Cli } from './cli.ts';
import { printable } from './printable.ts';
import { clockText, localZone } from './times.ts';

/**
 * What to do about a refresh token that somebody else may have: until the user consents again. Absent where there is no
 * such suspicion.
 */
export function reuseAdvice(
  { name, provider, state }: ConnectionJson,
  entries: readonly TimelineEntryJson[],
  { texts, style }: Cli,
): string | undefined {
  const events = entries.filter((entry) => entry.kind === 'event');
  const consented = events.findLastIndex(({ type }) => type === 'connection.created');
  const reuse = events.findLast(({ type }, index) => type === 'connection.reuse_detected' && index > consented);
  if (reuse === undefined) return undefined;
  const said = texts.reuse;
  const { evidence, certainty } = reuse.data;
  const shown = printable(name);
  return [
    style.bad(`${said.title} (${clockText(Date.parse(reuse.at), localZone())})`),
    ...[typeof evidence === 'string' ? said.evidence[evidence] : undefined],
    ...[certainty === 'certain' ? undefined : said.innocent],
    said.look(printable(provider)),
    ...[state === 'active' || state === 'uncertain' ? said.revoke(shown) : undefined],
    said.consentAgain(printable(provider), shown),
  ]
    .filter((line) => line !== undefined)
    .join('\n  ');
}
