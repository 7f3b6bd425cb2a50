import type { Random } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import { DAY_MS } from '../model/clock.ts';
import type { ConnectionId, ProviderAppId } from '../model/ids.ts';
import type { TokenSet } from '../model/token-set.ts';
import type { Fingerprinter, Vault } from '../model/vault.ts';
import { readTokens, writeTokens } from '../protocol/stored-tokens.ts';
import { refreshEndOf } from '../renewal/lifetimes.ts';
import type { CookieGroup } from './cookie-jar.ts';

/** What a session's cookie holds: one user, signed in at one provider from one browser. */
export interface SignedIn {
  readonly id: ConnectionId;
  readonly provider: string;
  readonly appId: ProviderAppId;
  readonly subject: string | undefined;
  readonly handle: string | undefined;
  readonly scopes: readonly string[];
  readonly signedInAtMs: number;
  /** Raised by every renewal; the sign-in itself is the first. */
  readonly version: number;
  readonly accessIssuedAtMs: number;
  readonly accessExpiresAtMs: number | undefined;
  readonly refreshAbsoluteEndsAtMs: number | undefined;
  readonly refreshIdleEndsAtMs: number | undefined;
  readonly tokens: TokenSet;
}

/** Browsers keep no cookie for longer (RFC 6265bis, section 5.5). */
const COOKIE_LIFE_MAX_MS = 400 * DAY_MS;
/** Where nobody says how long a refresh token lives. */
const USUAL_LIFE_MS = 180 * DAY_MS;

/** When the cookie is of no use any more. The same for everybody who is given the same token set. */
export function endOf(session: Omit<SignedIn, 'tokens'>, isRenewable: boolean): number {
  const { accessIssuedAtMs, accessExpiresAtMs } = session;
  const known = isRenewable ? refreshEndOf(session) : accessExpiresAtMs;
  return Math.min(known ?? accessIssuedAtMs + USUAL_LIFE_MS, accessIssuedAtMs + COOKIE_LIFE_MAX_MS);
}

/** A request's session, opened. */
export interface OpenedCookie {
  readonly group: CookieGroup;
  readonly session: SignedIn;
  /** It was sealed with a key that is no longer the first. */
  readonly needsReseal: boolean;
}

/**
 * Seals sessions into cookies and opens them. A cookie is bound to the session, the provider app and its own name: under
 * another name, or pasted into another session's cookie, it does not open.
 */
export class CookieSeal {
  readonly #vault: Vault;
  readonly #vaultFor: (content: Secret) => Vault;

  /** `vaultFor` gives the vault that seals just this content: with {@link sameNonce}, or with chance. */
  constructor(vault: Vault, vaultFor: (content: Secret) => Vault) {
    this.#vault = vault;
    this.#vaultFor = vaultFor;
  }

  seal(base: string, session: SignedIn): CookieGroup {
    const { id, provider } = session;
    const plaintext = write(session);
    // All that is authenticated belongs to it: the same text for two places must not share a nonce.
    const content = new Secret(JSON.stringify([base, id, plaintext.reveal()]));
    return { base, provider, id, sealed: this.#vaultFor(content).seal(bindingOf({ base, id }), plaintext) };
  }

  /** Throws `unreadable`. */
  open(group: CookieGroup): OpenedCookie {
    const session = read(group.id, this.#vault.open(bindingOf(group), group.sealed));
    return { group, session, needsReseal: this.#vault.keyIdOf(group.sealed) !== this.#vault.sealingKeyId };
  }
}

/** The session's own id stands where a generation would: every one of its seals is good until the ledger says otherwise. */
function bindingOf({ base, id }: Pick<CookieGroup, 'base' | 'id'>): Parameters<Vault['seal']>[0] {
  return { table: 'cookies', rowId: id, providerAppId: '', owner: base, generation: id };
}

/**
 * Randomness for sealing one content: drawn from its keyed hash, so that whoever seals the same session, in whatever
 * process, makes the same bytes. Two contents share a nonce as rarely as they would by chance, since a keyed hash cannot
 * be told from chance without the key; that one content gives one ciphertext however often is what is wanted here.
 */
export function sameNonce(fingerprinter: Fingerprinter, content: Secret): Random {
  const hash = Buffer.from(fingerprinter.fingerprint(content), 'base64url');
  return {
    bytes(count) {
      if (count > hash.length) throw new TypeError(`A fingerprint has ${hash.length} bytes, and not ${count}.`);
      return hash.subarray(0, count);
    },
    unit: () => 0,
  };
}

/** Without the raw answer: in a cookie, it would only be the same tokens once more. */
function write({ id: _, tokens, ...facts }: SignedIn): Secret {
  const written = writeTokens({ ...tokens, raw: new Secret('') });
  return new Secret(JSON.stringify({ ...facts, tokens: JSON.parse(written.reveal()) as unknown }));
}

/** Only ever given what the vault has authenticated. */
function read(id: ConnectionId, text: Secret): SignedIn {
  const { tokens, ...facts } = JSON.parse(text.reveal()) as Omit<SignedIn, 'id' | 'tokens'> & {
    readonly tokens: unknown;
  };
  return { ...facts, id, tokens: readTokens(new Secret(JSON.stringify(tokens))) };
}
