import type { Consent, ConsentStore } from '../model/consent-store.ts';
import type { ConsentId } from '../model/ids.ts';
import { KippuError } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';
import type { Vault } from '../model/vault.ts';
import { clearLine, storeLine, type CookieRules } from './cookie-jar.ts';

/** A browser in which so many sign-ins were begun and not finished has had enough of them: the earlier ones are given up. */
const UNFINISHED_MAX = 4;

/** A sign-in under way, as the browser keeps it. */
interface KeptSignIn {
  readonly consent: Consent;
  /** Shows that the browser that comes back is the one that went. */
  readonly browserSecret: Secret;
}

/**
 * The sign-ins that one browser has begun, each in a sealed cookie of its own, so that two tabs may sign in at once.
 * For one request: what is changed here is stored by the response.
 */
export class ConsentCookies implements ConsentStore {
  readonly #consents = new Map<string, Consent>();

  async create(consent: Consent): Promise<void> {
    this.#consents.set(consent.id, consent);
  }

  async find(id: ConsentId): Promise<Consent | undefined> {
    return this.#consents.get(id);
  }

  async findByState(stateHash: string): Promise<Consent | undefined> {
    return [...this.#consents.values()].find((consent) => consent.stateHash === stateHash);
  }

  async advance(...[id, from, changes]: Parameters<ConsentStore['advance']>): Promise<boolean> {
    const consent = this.#consents.get(id);
    if (consent?.state !== from) return false;
    this.#consents.set(id, { ...consent, ...changes });
    return true;
  }

  async pending(): Promise<readonly Consent[]> {
    return [];
  }

  async takeWaiting(): Promise<readonly Consent[]> {
    return [];
  }

  async expire(): Promise<number> {
    return 0;
  }
}

const COOKIE_NAME = /^(?:__Host-)?kippu-login-([0-9a-z]{20})$/;

function cookieName(id: ConsentId, { isSecure }: CookieRules): string {
  return `${isSecure ? '__Host-' : ''}kippu-login-${id.slice('cns_'.length)}`;
}

/** The lines that keep a sign-in in the browser until it ends. */
export function keepSignIn(
  { consent, browserSecret }: KeptSignIn,
  cookies: ReadonlyMap<string, string>,
  { vault, rules }: CookieKeeping,
): string[] {
  const name = cookieName(consent.id, rules);
  const { sealed, ...facts } = consent;
  const kept = { ...facts, sealed: Buffer.from(sealed ?? []).toString('base64url'), browser: browserSecret.reveal() };
  const value = Buffer.from(vault.seal(bindingOf(name), new Secret(JSON.stringify(kept)))).toString('base64url');
  const others = namesIn(cookies, rules);
  return [
    storeLine(name, value, consent.expiresAtMs, rules),
    ...(others.length >= UNFINISHED_MAX ? others.map((other) => clearLine(other, rules)) : []),
  ];
}

/** What is needed to seal a sign-in into a cookie and open it. */
export interface CookieKeeping {
  readonly vault: Vault;
  readonly rules: CookieRules;
}

/** The sign-ins that this browser has begun. What does not open is none. */
export function signInsIn(cookies: ReadonlyMap<string, string>, { vault, rules }: CookieKeeping): KeptSignIn[] {
  return namesIn(cookies, rules).flatMap((name) => {
    const sealed = Buffer.from(cookies.get(name) ?? '', 'base64url');
    try {
      return [read(vault.open(bindingOf(name), sealed))];
    } catch (error) {
      if (error instanceof KippuError && error.code === 'unreadable') return [];
      throw error;
    }
  });
}

/** The line that ends it: an answer that comes again finds nothing. */
export function dropSignIn({ id }: Pick<Consent, 'id'>, rules: CookieRules): string {
  return clearLine(cookieName(id, rules), rules);
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
