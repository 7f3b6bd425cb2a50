import { createHash } from 'node:crypto';

/** One small style for every page, allowed by its hash: nothing is loaded, from here or elsewhere. */
const STYLE = `
:root { color-scheme: light dark; --ink: #1c1d22; --soft: #5d6270; --line: #dcdfe6; --paper: #fff; --ground: #f6f7f9; --accent: #b3372f; --good: #1f7a4d; --warn: #9a6400; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceef3; --soft: #a3a9b8; --line: #343843; --paper: #1e2027; --ground: #15161b; --accent: #ef7d72; --good: #5fc692; --warn: #e0ac4f; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Hiragino Sans", "Noto Sans JP", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
header { display: flex; align-items: baseline; gap: .75rem; margin-bottom: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .6rem; }
.mark { color: var(--accent); font-weight: 700; letter-spacing: .02em; }
p { margin: .5rem 0; } .soft { color: var(--soft); } .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem 1.25rem; }
.narrow { max-width: 34rem; margin: 8vh auto 0; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; } th { text-align: left; font-weight: 600; color: var(--soft); font-size: .85rem; }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; } tr:last-child td { border-bottom: 0; }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; }
button, .button { font: inherit; padding: .45rem .95rem; border-radius: .5rem; border: 1px solid var(--line); background: var(--paper); color: var(--ink); cursor: pointer; text-decoration: none; display: inline-block; }
button.main, .button.main { background: var(--accent); border-color: var(--accent); color: #fff; }
@media (prefers-color-scheme: dark) { button.main, .button.main { color: #15161b; } }
button:focus-visible, .button:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
ol.log { list-style: none; margin: 0; padding: 0; } ol.log li { padding: .35rem 0; border-bottom: 1px solid var(--line); } ol.log li:last-child { border-bottom: 0; }
time { font-variant-numeric: tabular-nums; }
ol.log li { display: flex; flex-wrap: wrap; gap: 0 .9rem; } ol.log time { color: var(--soft); min-width: 8.5rem; } ol.log li > span { flex: 1 1 16rem; overflow-wrap: anywhere; }
a { color: var(--accent); } .small { font-size: .9rem; } .end { margin-left: auto; } .actions { margin-top: .9rem; }
.quiet { border-color: transparent; background: none; color: var(--soft); } .quiet:hover { color: var(--ink); }
.stack { display: grid; gap: .75rem; } .name { font-size: 1.05rem; overflow-wrap: anywhere; } .text { white-space: pre-wrap; overflow-wrap: anywhere; }
.badge { font-size: .8rem; font-weight: 600; line-height: 1; padding: .3rem .55rem; border: 1px solid currentColor; border-radius: 1rem; white-space: nowrap; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .5rem 1.25rem; margin: .8rem 0 0; } .facts dt { color: var(--soft); font-size: .85rem; } .facts dd { margin: 0; }
.card > :first-child { margin-top: 0; } .card > :last-child { margin-bottom: 0; } ol.log.card { padding: .45rem 1.25rem; }
.notice { border-left: 3px solid currentColor; padding-left: .8rem; }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Text that is safe between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A piece of a page that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | number | Html | undefined | readonly (string | Html)[];

/** A ticket. Brought along, so that no browser asks for one. */
const TICKET =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#b3372f"/><path d="M3 5h10v2a1 1 0 0 0 0 2v2H3V9a1 1 0 0 0 0-2z" fill="#fff"/></svg>';
const ICON = new Html(`<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(TICKET)}">`);

/** In one piece: a space more or less between its tags would be another hash. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);

/** A template in which everything is escaped but what is `Html`. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(strings.map((text, index) => text + render(pieces[index])).join(''));
}

function render(piece: Piece): string {
  if (piece === undefined) return '';
  if (piece instanceof Html) return piece.text;
  if (typeof piece === 'string' || typeof piece === 'number') return escapeHtml(String(piece));
  return piece.map(render).join('');
}

export interface Page {
  readonly title: string;
  readonly lang: 'en' | 'ja';
  readonly body: Html;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A whole page that loads nothing, embeds nothing and is kept by nobody. */
export function page({ title, lang, body, status = 200, headers = {} }: Page): Response {
  const document = html`<!doctype html>
<html lang="${lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · Kippu</title>${ICON}${STYLE_ELEMENT}</head>
<body><main>${body}</main></body>
</html>
`;
  return new Response(document.text, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
}

/** Sends the browser on; nothing of this address goes along. */
export function redirect(url: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, {
    status: 303,
    headers: { location: url, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', ...headers },
  });
}

/** The language that the browser asks for first, of the two that there are. */
export function languageOf(request: Request): 'en' | 'ja' {
  return /^\s*ja\b/i.test(request.headers.get('accept-language') ?? '') ? 'ja' : 'en';
}
