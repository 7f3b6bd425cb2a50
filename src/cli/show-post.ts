import type { PostCheckJson, PostJson, ProblemJson } from './api/json.ts';
import type { Cli } from './cli.ts';
import { printable } from './printable.ts';
import { distanceText } from './show-connection.ts';
import { form } from './table.ts';
import { instantText } from './times.ts';

/** A post as a form: what is known of it, and nothing that is not. */
export function postForm(post: PostJson, cli: Cli): string {
  const { fields } = cli.texts.posts;
  const rows: (readonly [string, string | null | undefined])[] = [
    [fields.id, cli.style.bold(post.id)],
    [fields.status, statusText(post, cli)],
    [fields.reason, reasonText(post)],
    [fields.connection, post.connection],
    [fields.text, printable(post.text)],
    [fields.replyTo, post.reply_to],
    [fields.at, post.status === 'published' ? undefined : whenText(post.publish_at, post.timezone, cli)],
    [fields.published, whenText(post.published_at, null, cli)],
    [fields.url, post.remote_url],
    [fields.remoteId, post.remote_url === null ? post.remote_id : undefined],
    [fields.cost, costText(post.cost)],
    [fields.attempts, post.attempts.length > 1 ? String(post.attempts.length) : undefined],
  ];
  return form(rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== null));
}

const COLOUR_OF: Readonly<Record<string, 'good' | 'warn' | 'bad' | 'soft'>> = {
  published: 'good',
  unknown: 'warn',
  failed: 'bad',
  cancelled: 'soft',
  draft: 'soft',
};

function costText({ amount, currency }: PostJson['cost']): string {
  return `${amount.toFixed(3)} ${currency}`;
}

export function statusText({ status }: PostJson, { texts, style }: Cli): string {
  const said = texts.posts.statuses[status] ?? status;
  const colour = COLOUR_OF[status];
  return colour === undefined ? said : style[colour](said);
}

/** Why it is not out, in Kippu's word and the network's own. */
export function reasonText({ status_reason: reason, status_detail: detail }: PostJson): string | undefined {
  if (reason === null) return undefined;
  return printable(detail === null ? reason : `${reason} (${detail})`);
}

/** In the zone that the time was given in, where there was one. */
function whenText(instant: string | null, zone: string | null, cli: Cli): string | undefined {
  if (instant === null) return undefined;
  const atMs = Date.parse(instant);
  return `${zone === null ? instantText(atMs) : instantText(atMs, zone)} (${distanceText(atMs, cli)})`;
}

export interface CheckedPost extends PostCheckJson {
  /** When it would go out. */
  readonly publish_at: string | null;
  readonly timezone: string | null;
}

/** What stands in the way of a text, and what it would cost. */
export function checkText(checked: CheckedPost, cli: Cli): string {
  const { check } = cli.texts.posts;
  const { weighted_length: length, weighted_length_max: lengthMax, links, cost, problems } = checked;
  const facts = form([
    [check.counts, `${length} / ${lengthMax}`],
    ...(links.length === 0 ? [] : [[check.links, printable(links.join(' '))] as const]),
    [check.cost, costText(cost)],
    [check.wouldGoOut, whenText(checked.publish_at, checked.timezone, cli) ?? check.now],
  ]);
  return [facts, ...(problems.length === 0 ? [check.fine] : problems.map((problem) => problemText(problem, cli)))].join(
    '\n',
  );
}

export function problemText({ severity, message }: ProblemJson, { texts, style }: Cli): string {
  const sign = severity === 'error' ? style.bad(texts.posts.error) : style.warn(texts.posts.warning);
  return `${sign}: ${printable(message)}`;
}
