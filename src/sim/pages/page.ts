import type { Reply } from '../wire.ts';

/** A piece of HTML that is safe to place; everything else is text and is escaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | number | Html | undefined | readonly (Html | undefined)[];

/** Builds HTML; whatever is put into it is escaped unless it is HTML itself. */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(parts.map((part, index) => (index === 0 ? part : render(pieces[index - 1]) + part)).join(''));
}

function render(piece: Piece): string {
  if (piece === undefined) return '';
  if (piece instanceof Html) return piece.text;
  if (typeof piece === 'object') return piece.map(render).join('');
  return String(piece).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

export const STYLE_PATH = '/_sim/style.css';
export const SCRIPT_PATH = '/_sim/refresh.js';

export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  /** Whether the page looks for news by itself. */
  readonly isLive?: boolean;
  /** Where its forms may lead. Browsers check redirects too, so a consent needs more than the page itself. */
  readonly formAction?: string;
}

/** A whole page: nothing inline, nothing from elsewhere, in nobody's frame. */
export function pageReply({ title, body, status = 200, isLive = false, formAction = "'self'" }: Page): Reply {
  const policy = `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action ${formAction}`;
  const script = isLive ? html`<script src="${SCRIPT_PATH}" defer></script>` : undefined;
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/_sim/icon.svg" />
        <link rel="stylesheet" href="${STYLE_PATH}" />
        ${script}
      </head>
      ${body}
    </html> `;
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body: document.text,
  };
}
