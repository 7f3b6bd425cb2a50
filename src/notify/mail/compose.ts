import type { Facts } from '../facts.ts';
import type { MailPorts } from '../ports.ts';
import { keyLetter } from './key-letters.ts';
import { MAILED_TYPES, type LetterPart, type MailedEvent, type MailLanguage, type MailTexts } from './letter.ts';
import { MAILS_EN } from './texts-en.ts';
import { MAILS_JA } from './texts-ja.ts';
import type { Mail } from './transport.ts';

const TEXTS: Readonly<Record<MailLanguage, MailTexts>> = { en: MAILS_EN, ja: MAILS_JA };

/** Half a kilobyte of what somebody else wrote says enough. */
const QUOTE_CHARS_MAX = 500;
const SUBJECT_CHARS_MAX = 150;
/** Longer than any text of ours: only a name that somebody chose could make it so long. */
const TEXT_CHARS_MAX = 2000;

/** The mail about an event. Throws a `TypeError` for one that is not mailed: that is a defect. */
export function composeMail(
  facts: Facts,
  to: string,
  {
    from,
    language,
    timeZone,
    publicUrl,
    nowMs,
  }: Pick<MailPorts, 'from' | 'language' | 'timeZone'> & { readonly publicUrl: string; readonly nowMs: number },
): Mail {
  const type = MAILED_TYPES.find((mailed) => mailed === facts.event.type);
  if (type === undefined) throw new TypeError(`${facts.event.type} is not mailed.`);
  const texts = TEXTS[language];
  const connectionId = facts.connection?.id ?? facts.event.connectionId;
  const mailed: MailedEvent = {
    ...facts,
    type,
    reconnectUrl: connectionId === undefined ? undefined : `${publicUrl}/reconnect/${connectionId}`,
  };
  const instant = (atMs: number): string => instantText(atMs, timeZone);
  const letter = keyLetter(mailed, language, { instant }) ?? texts.letters[type](mailed, { instant });
  const parts = letter.parts.map(tidied);
  const footer = texts.footer(publicUrl, facts.event.id);
  return {
    from,
    to,
    // One event is one message, whoever gets it and however often it is sent: mail programs show a repeat once.
    messageId: `<${facts.event.id}@${hostOf(from)}>`,
    atMs: nowMs,
    language,
    subject: `[Kippu] ${oneLine(letter.subject, SUBJECT_CHARS_MAX)}`,
    text: `${parts.map(plain).join('\n\n')}\n\n-- \n${footer}\n`,
    html: page({ language, parts, footer }),
  };
}

/** Every part is one line: what others wrote cannot begin a line of its own. */
function tidied(part: LetterPart): LetterPart {
  switch (part.kind) {
    case 'text':
      return { ...part, text: oneLine(part.text, TEXT_CHARS_MAX) };
    case 'quote':
      return { ...part, text: oneLine(part.text, QUOTE_CHARS_MAX) };
    case 'command':
      return { ...part, command: oneLine(part.command, TEXT_CHARS_MAX) };
    case 'link':
      return part;
  }
}

function plain(part: LetterPart): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'quote':
      return `> ${part.text}`;
    case 'link':
      return `${part.label}\n${part.url}`;
    case 'command':
      return `${part.label}\n  ${part.command}`;
  }
}

/** Modest and whole: no picture, no style sheet, nothing that is fetched from anywhere. */
function page({
  language,
  parts,
  footer,
}: {
  readonly language: MailLanguage;
  readonly parts: readonly LetterPart[];
  readonly footer: string;
}): string {
  return [
    `<!doctype html><html lang="${language}"><body style="font-family:sans-serif;line-height:1.6;max-width:40em">`,
    ...parts.map(markup),
    `<p style="color:#666;font-size:smaller">${escaped(footer)}</p></body></html>`,
  ].join('\n');
}

function markup(part: LetterPart): string {
  switch (part.kind) {
    case 'text':
      return `<p>${escaped(part.text)}</p>`;
    case 'quote':
      return `<blockquote>${escaped(part.text)}</blockquote>`;
    case 'link':
      return `<p>${escaped(part.label)}<br><a href="${escaped(part.url)}">${escaped(part.url)}</a></p>`;
    case 'command':
      return `<p>${escaped(part.label)}<br><code>${escaped(part.command)}</code></p>`;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(words: string): string {
  return words.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

/** Without line ends and other control characters, which would end a header or a quotation. */
function oneLine(words: string, charsMax: number): string {
  const line = words.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > charsMax ? `${line.slice(0, charsMax).trimEnd()}…` : line;
}

function hostOf(from: string): string {
  return /@([^\s@<>]+?)>?$/.exec(from.trim())?.[1] ?? 'kippu.invalid';
}

/** `2026-11-21 18:00 Asia/Tokyo`. */
function instantText(atMs: number, timeZone: string): string {
  // Swedish writes dates as ISO 8601 does.
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return `${clock.format(atMs)} ${timeZone}`;
}
