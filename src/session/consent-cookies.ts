import type { Consent } from '../model/consent-store.ts';
import type { ConsentId } from '../model/ids.ts';
import { KippuError } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';
import type { Vault } from '../model/vault.ts';
import { bytesOf, clearLine, partsOf, storedValue, storeValue, type CookieRules } from './cookie-jar.ts';

/** A browser in which so many sign-ins were begun and not finished has had enough of them: the earlier ones are given up. */
const UNFINISHED_MAX = 4;
/**
 * Of all of them together, as the browser sends them with every request. Many servers answer a longer header with an error,
 * and then nothing of the site would be there for a quarter of an hour.
 */
const UNFINISHED_BYTES_MAX = 7168;

/** A sign-in under way, as the browser keeps it: in sealed cookies of its own, so that two tabs may sign in at once. */
export interface KeptSignIn {
  readonly consent: Consent;
  /** Shows that the browser that comes back is the one that went. */
  readonly browserSecret: Secret;
}

const COOKIE_NAME = /^(?:__Host-)?kippu-login-([0-9a-z]{20})$/;

function cookieName(id: ConsentId, { isSecure }: CookieRules): string {
  return `${isSecure ? '__Host-' : ''}kippu-login-${id.slice('cns_'.length)}`;
}

/**
 * The lines that keep a sign-in in the browser until it ends.
 *
 * Throws `too_large` for one that no browser and no server would take.
 */
export function keepSignIn(
  { consent, browserSecret }: KeptSignIn,
  cookies: ReadonlyMap<string, string>,
  { vault, rules }: CookieKeeping,
): string[] {
  const name = cookieName(consent.id, rules);
  const { sealed, ...facts } = consent;
  const kept = { ...facts, sealed: Buffer.from(sealed ?? []).toString('base64url'), browser: browserSecret.reveal() };
  const value = Buffer.from(vault.seal(bindingOf(name), new Secret(JSON.stringify(kept)))).toString('base64url');
  const own = bytesOf(name, value);
  if (own > UNFINISHED_BYTES_MAX) throw tooLarge(own);
  const others = namesIn(cookies, rules);
  const parts = others.flatMap((other) => partsOf(other, cookies));
  const bytes = parts.reduce((sum, part) => sum + bytesOf(part, cookies.get(part) ?? ''), own);
  const isEnough = others.length >= UNFINISHED_MAX || bytes > UNFINISHED_BYTES_MAX;
  return [
    ...storeValue(name, value, consent.expiresAtMs, rules),
    ...(isEnough ? parts.map((part) => clearLine(part, rules)) : []),
  ];
}

function tooLarge(bytes: number): KippuError {
  return new KippuError(
    'too_large',
    `This sign-in needs ${bytes} bytes of cookies, and ${UNFINISHED_BYTES_MAX} are allowed: servers answer a longer header with an error. Ask for fewer scopes, or send the user back to a shorter address.`,
  );
}

/** What is needed to seal a sign-in into a cookie and open it. */
export interface CookieKeeping {
  readonly vault: Vault;
  readonly rules: CookieRules;
}

/** The sign-ins that this browser has begun. What does not open is none. */
export function signInsIn(cookies: ReadonlyMap<string, string>, { vault, rules }: CookieKeeping): KeptSignIn[] {
  return namesIn(cookies, rules).flatMap((name) => {
    const sealed = Buffer.from(storedValue(name, cookies) ?? '', 'base64url');
    try {
      return [read(vault.open(bindingOf(name), sealed))];
    } catch (error) {
      if (error instanceof KippuError && error.code === 'unreadable') return [];
      throw error;
    }
  });
}

/** The lines that end it: an answer that comes again finds nothing. */
export function dropSignIn(
  { id }: Pick<Consent, 'id'>,
  cookies: ReadonlyMap<string, string>,
  rules: CookieRules,
): string[] {
  return partsOf(cookieName(id, rules), cookies).map((part) => clearLine(part, rules));
}

function namesIn(cookies: ReadonlyMap<string, string>, { isSecure }: CookieRules): string[] {
  return [...cookies.keys()].filter((name) => COOKIE_NAME.test(name) && name.startsWith('__Host-') === isSecure);
}

function bindingOf(name: string): Parameters<Vault['seal']>[0] {
  return { table: 'cookies', rowId: name, providerAppId: '', owner: '', generation: '' };
}

function read(text: Secret): KeptSignIn {
  const { sealed, browser, ...facts } = JSON.parse(text.reveal()) as Omit<Consent, 'sealed'> & {
    readonly sealed: string;
    readonly browser: string;
  };
  return { consent: { ...facts, sealed: Buffer.from(sealed, 'base64url') }, browserSecret: new Secret(browser) };
}
