import type { Connection } from '../../model/connection.ts';
import type { EventType, KippuEvent } from '../../model/event.ts';
import type { Post } from '../../model/post.ts';

export const MAIL_LANGUAGES = ['en', 'ja'] as const;
export type MailLanguage = (typeof MAIL_LANGUAGES)[number];

/** What somebody should do something about. All else is told by webhooks, the log and the timeline. */
export const MAILED_TYPES = [
  'connection.reauth_soon',
  'connection.reauth_required',
  'connection.reuse_detected',
  'provider.misconfigured',
  'post.unknown',
  'post.failed',
  'schedule.missed',
] as const satisfies readonly EventType[];
export type MailedType = (typeof MAILED_TYPES)[number];

/** Whether an event is worth a mail: it is of a type that is, and leaves something for a person to do. */
export function isMailed({ type, data }: Pick<KippuEvent, 'type' | 'data'>): boolean {
  if (!MAILED_TYPES.some((mailed) => mailed === type)) return false;
  // The timeline is still being read back: most of these settle by themselves, and those that do not have a second event.
  if (type === 'post.unknown' && data['needs_decision'] === false) return false;
  // `reuse_detected` comes beside it, and tells both.
  if (type === 'connection.reauth_required' && data['reuse'] === 'suspected') return false;
  // Said by the person who looked.
  return !(type === 'post.failed' && data['reason'] === 'not_published');
}

/** What a mail is made of, with everything that a text may name. */
export interface MailedEvent {
  readonly type: MailedType;
  readonly event: KippuEvent;
  readonly connection: Connection | undefined;
  readonly post: Post | undefined;
  readonly provider: string | undefined;
  /** Begins the consent for just that connection; absent where there is none. */
  readonly reconnectUrl: string | undefined;
}

/** How a text says instants. */
export interface MailSpeech {
  readonly instant: (atMs: number) => string;
}

/** A mail before it has a form: the same parts become the plain text and the HTML. */
export interface Letter {
  readonly subject: string;
  readonly parts: readonly LetterPart[];
}

export type LetterPart =
  | { readonly kind: 'text'; readonly text: string }
  /** Something that another wrote: a post, the words of a provider. */
  | { readonly kind: 'quote'; readonly text: string }
  | { readonly kind: 'link'; readonly label: string; readonly url: string }
  | { readonly kind: 'command'; readonly label: string; readonly command: string };

/** All mails of one language. */
export interface MailTexts {
  readonly letters: Readonly<Record<MailedType, (mailed: MailedEvent, say: MailSpeech) => Letter>>;
  readonly footer: (publicUrl: string, eventId: string) => string;
}

/** Of an event's data, a text; empty where there is none. */
export function said({ event }: MailedEvent, name: string): string {
  const value = event.data[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Of an event's data, an instant: milliseconds under `name_ms`, or ISO 8601 under `name`. */
export function saidInstant({ event }: MailedEvent, name: string): number | undefined {
  const value = event.data[`${name}_ms`] ?? event.data[name];
  const atMs = typeof value === 'string' ? Date.parse(value) : value;
  return typeof atMs === 'number' && Number.isFinite(atMs) ? atMs : undefined;
}

/** The connection's name, as the event or the store knows it. */
export function nameOf(mailed: MailedEvent): string {
  return mailed.connection?.name ?? said(mailed, 'name');
}

/** As a command takes it: a name that a shell would read as more than one word is replaced by the id. */
export function argumentOf(mailed: MailedEvent): string | undefined {
  const name = nameOf(mailed);
  return /^[\w:@.-]+$/.test(name) ? name : mailed.connection?.id;
}

export function text(words: string): LetterPart {
  return { kind: 'text', text: words };
}

/** Nothing, where nobody said anything. */
export function quote(words: string): readonly LetterPart[] {
  return words === '' ? [] : [{ kind: 'quote', text: words }];
}

export function command(label: string, line: string): LetterPart {
  return { kind: 'command', label, command: line };
}

/** The grant ends before a post that is scheduled. */
export function isBeforePost(mailed: MailedEvent): boolean {
  return said(mailed, 'reason') === 'before_next_post';
}

/** That a token was used by another is proved, not only likely. */
export function isCertain(mailed: MailedEvent): boolean {
  return said(mailed, 'certainty') === 'certain';
}

/** A post failed for want of a consent. */
export function needsConsent(mailed: MailedEvent): boolean {
  return ['reauth_required', 'revoked', 'no_connection'].includes(said(mailed, 'reason'));
}

/** How many runs of a schedule were missed, and whether all were counted. */
export function missedCount({ event: { data } }: MailedEvent): { readonly count: number; readonly isCounted: boolean } {
  const count = data['count'];
  return { count: typeof count === 'number' ? count : 1, isCounted: data['is_counted'] !== false };
}

/** When the first of them was to be, and the last, where that is another. */
export function missedSpan(mailed: MailedEvent): readonly number[] {
  const span = [saidInstant(mailed, 'first_at'), saidInstant(mailed, 'last_at')];
  return [...new Set(span.filter((atMs) => atMs !== undefined))];
}

const DRAFTED = 'text_not_publishable';

/** A post was made late for runs that were missed. */
export function isMadeUpFor(mailed: MailedEvent): boolean {
  return postOf(mailed) !== '' && said(mailed, 'reason') !== DRAFTED;
}

/** The draft that a run left, if it did. */
export function draftOf(mailed: MailedEvent): readonly string[] {
  const id = postOf(mailed);
  return id === '' || said(mailed, 'reason') !== DRAFTED ? [] : [id];
}

function postOf(mailed: MailedEvent): string {
  return mailed.event.postId ?? said(mailed, 'post');
}
