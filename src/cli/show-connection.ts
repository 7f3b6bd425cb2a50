import type { ConnectionJson } from './api/json.ts';
import type { Cli } from './cli.ts';
import { printable } from './printable.ts';
import { form } from './table.ts';
import { ENDLESS_TEXTS } from './texts/endless-texts.ts';
import { WITHOUT_USER_TEXTS } from './texts/without-user-texts.ts';
import { instantText, spanText } from './times.ts';

/** The state in its colour. */
export function stateText({ state }: ConnectionJson, { texts, style }: Cli): string {
  const said = texts.states[state] ?? state;
  const colour = COLOUR_OF[state];
  return colour === undefined ? said : style[colour](said);
}

/** The grant's end, as long as it has not been ended before. */
export function grantEnd({ state, refresh_expires_at: endsAt }: ConnectionJson): string | null {
  return state === 'reauth_required' || state === 'revoked' ? null : endsAt;
}

const COLOUR_OF: Readonly<Record<string, 'good' | 'warn' | 'bad' | 'soft'>> = {
  active: 'good',
  uncertain: 'warn',
  reauth_required: 'bad',
  revoked: 'soft',
};

/** How far away an instant is: `in 1 h 12 min`, `3 min ago`. */
export function endText(instant: string | null, cli: Cli): string {
  if (instant === null) return '-';
  return distanceText(Date.parse(instant), cli);
}

export function distanceText(atMs: number, cli: Cli): string {
  const { times, spanUnits } = cli.texts;
  const aheadMs = atMs - cli.nowMs();
  return aheadMs >= 0 ? times.ahead(spanText(aheadMs, spanUnits)) : times.ago(spanText(-aheadMs, spanUnits));
}

/** Whether the access token has no end, and needs none: there is nothing that could renew it either. */
export function isEndless({ access_expires_at: endsAt, renewable, state }: ConnectionJson): boolean {
  return endsAt === null && !renewable && state !== 'revoked';
}

/** Everything about a connection that is not a token, as a form. */
export function connectionForm(connection: ConnectionJson, cli: Cli): string {
  const { fields } = cli.texts.show;
  const { name, owner, metadata } = connection;
  const when = (instant: string | null): string =>
    instant === null ? '-' : `${instantText(Date.parse(instant))} (${endText(instant, cli)})`;
  const rows: [string, string][] = [
    [fields.name, cli.style.bold(printable(name))],
    [fields.id, connection.id],
    [fields.provider, connection.provider],
    [fields.user, userText(connection, cli)],
    [fields.state, stateText(connection, cli) + reasonText(connection, cli)],
    [fields.scopes, connection.scopes.join(' ') || '-'],
    [
      fields.accessEnds,
      isEndless(connection) ? ENDLESS_TEXTS[cli.language].explained : when(connection.access_expires_at),
    ],
    [fields.refreshEnds, when(grantEnd(connection))],
    [fields.granted, when(connection.granted_at)],
    [fields.lastRenewed, when(connection.last_renewed_at)],
    [fields.renewals, String(connection.renewals)],
    [fields.policy, connection.policy],
    [fields.nextDue, when(connection.next_due_at)],
  ];
  if (owner !== '') rows.push([fields.owner, printable(owner)]);
  if (Object.keys(metadata).length > 0) rows.push([fields.metadata, printable(JSON.stringify(metadata))]);
  return form(rows);
}

function userText({ rests_on: restsOn, handle, subject }: ConnectionJson, cli: Cli): string {
  if (restsOn !== 'consent') return WITHOUT_USER_TEXTS[cli.language].noUser[restsOn];
  const parts = [handle, subject === null ? undefined : `(${subject})`];
  return printable(parts.filter((part) => part !== undefined && part !== null).join(' ') || '-');
}

function reasonText({ state_reason: reason }: ConnectionJson, { texts }: Cli): string {
  return reason === null ? '' : ` (${texts.reasons[reason] ?? reason})`;
}
