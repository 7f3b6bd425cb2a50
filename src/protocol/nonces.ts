import type { HttpAnswer } from '../model/http.ts';
import { readFields, textField } from './token-answer.ts';

const ORIGINS_MAX = 1000;
const NONCE_CHARS_MAX = 1024;

/**
 * The DPoP nonces that servers asked for last, by origin (RFC 9449, sections 8 and 9). In memory only: a lost one costs one
 * more exchange, and an authorization server's says nothing about a resource server's.
 */
export class Nonces {
  readonly #latest = new Map<string, string>();

  of(url: string): string | undefined {
    return this.#latest.get(new URL(url).origin);
  }

  /** Any answer may bring the next one (RFC 9449, section 8.2). */
  note(url: string, answer: HttpAnswer): void {
    const nonce = nonceIn(answer);
    if (nonce === undefined) return;
    const { origin } = new URL(url);
    this.#latest.delete(origin);
    this.#latest.set(origin, nonce);
    const [oldest] = this.#latest.keys();
    if (this.#latest.size > ORIGINS_MAX && oldest !== undefined) this.#latest.delete(oldest);
  }
}

/**
 * Whether a server wants the same request again, with the nonce that it gives. It says so instead of handling the request:
 * what was in it, a code or a refresh token, is as unused as before.
 */
export function asksForNonce(answer: HttpAnswer): boolean {
  if (answer.kind !== 'answered' || nonceIn(answer) === undefined) return false;
  if (answer.status !== 400 && answer.status !== 401) return false;
  if (/^dpop\b.*\berror="use_dpop_nonce"/i.test(answer.headers['www-authenticate'] ?? '')) return true;
  const { fields } = readFields(new TextDecoder().decode(answer.body), answer.complete);
  // A body with tokens in it was handled, whatever else it says.
  return textField(fields, 'error') === 'use_dpop_nonce' && textField(fields, 'access_token') === undefined;
}

function nonceIn(answer: HttpAnswer): string | undefined {
  const nonce = answer.kind === 'answered' ? answer.headers['dpop-nonce'] : undefined;
  return nonce === undefined || nonce === '' || nonce.length > NONCE_CHARS_MAX ? undefined : nonce;
}
