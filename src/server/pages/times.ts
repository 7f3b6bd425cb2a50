import { html, type Html } from '../../app/web/page.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../model/clock.ts';
import type { Language } from './texts.ts';

const UNITS = [
  { ms: DAY_MS, en: ' d', ja: '日' },
  { ms: HOUR_MS, en: ' h', ja: '時間' },
  { ms: MINUTE_MS, en: ' min', ja: '分' },
  { ms: SECOND_MS, en: ' s', ja: '秒' },
] as const;

/** The two largest units of a span: `1 h 52 min`. */
export function spanText(ms: number, lang: Language): string {
  const first = UNITS.findIndex((unit) => ms >= unit.ms || unit.ms === SECOND_MS);
  const parts: string[] = [];
  let restMs = ms;
  for (const unit of UNITS.slice(first, first + 2)) {
    const count = Math.floor(restMs / unit.ms);
    if (count > 0) parts.push(`${count}${unit[lang]}`);
    restMs -= count * unit.ms;
  }
  return parts.join(lang === 'ja' ? '' : ' ');
}

/** `in 1 h 52 min`, `3 min ago`. */
export function distanceText(atMs: number, nowMs: number, lang: Language): string {
  if (Math.abs(atMs - nowMs) < SECOND_MS) return lang === 'ja' ? '今' : 'now';
  const span = spanText(Math.abs(atMs - nowMs), lang);
  if (lang === 'ja') return atMs >= nowMs ? `${span}後` : `${span}前`;
  return atMs >= nowMs ? `in ${span}` : `${span} ago`;
}

/** In the zone of the machine that Kippu runs on, which is named. */
export function instantText(atMs: number, lang: Language): string {
  return new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'long' }).format(atMs);
}

/** A distance that says the instant itself when it is pointed at. */
export function distance(atMs: number, nowMs: number, lang: Language): Html {
  return html`<time datetime="${new Date(atMs).toISOString()}" title="${instantText(atMs, lang)}">${distanceText(atMs, nowMs, lang)}</time>`;
}

const IN_LOG = {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
} as const;

/** Short, for a list that is sorted by it. */
export function logTime(atMs: number, lang: Language): Html {
  const text = new Intl.DateTimeFormat(lang, IN_LOG).format(atMs);
  return html`<time datetime="${new Date(atMs).toISOString()}" title="${instantText(atMs, lang)}">${text}</time>`;
}
