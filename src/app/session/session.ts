import type { Logger } from 'pino';
import type { ProviderApp } from '../../providers/provider-app.ts';
import type { RenewalTiming } from '../../renewal/ports.ts';
import type { Reuse } from '../../session/ports.ts';
import type { StoreOpener } from '../open.ts';

export type { Reuse } from '../../session/ports.ts';

/** How an application keeps its users' tokens in their browsers. */
export interface SessionOptions {
  /** Origin under which {@link Session.handler} is reached: https, or http on loopback. */
  readonly publicUrl: string;
  /** The key ring, `id:base64(32 bytes)[,id:…]`: the first seals, any opens. `kippu vault keygen` makes an entry. */
  readonly keys: string | undefined;
  readonly providers: readonly ProviderApp[];
  /**
   * Where renewals are made exactly once: `sqlite('sessions.db')`, or `'memory'` for an application that is one process and
   * whose users may sign in again when it restarts in the wrong moment. Needed unless `renewal` is `false`.
   */
  readonly ledger?: StoreOpener | 'memory' | undefined;
  /** `false`: cookies hold the access token alone, and its user signs in again when it ends. Default `true`. */
  readonly renewal?: boolean | undefined;
  /** Path below which the handler's routes are. Default `/auth`. */
  readonly basePath?: string | undefined;
  /** `browser`: signed in until the browser closes. Default `persistent`: until the grant ends. */
  readonly lifetime?: 'persistent' | 'browser' | undefined;
  /** `strict`: links from other sites find nobody signed in. Default `lax`. */
  readonly sameSite?: 'lax' | 'strict' | undefined;
  /** `false`: ID tokens are checked at the sign-in and not kept, which makes the cookies smaller. Default `true`. */
  readonly keepIdToken?: boolean | undefined;
  /** Bytes that the cookies of one session may have together. Default 7168: many servers take no longer header than 8 kB. */
  readonly maxCookieBytes?: number | undefined;
  /** The data directory, for answers that the ledger cannot take at once. Default `.kippu`; none for a ledger in memory. */
  readonly home?: string | undefined;
  readonly timing?: Partial<RenewalTiming> | undefined;
  /** Told once of each spent cookie that comes back: it may have been stolen. */
  readonly onReuse?: ((reuse: Reuse) => void) | undefined;
  readonly log?: Logger | undefined;
}

/** What a session is asked of: a web `Request`, or what a framework shows of one. */
export interface SessionRequest {
  readonly headers: Headers;
  /** Absent: one that reads. What changes something is refused when another site's page has made it. */
  readonly method?: string | undefined;
}

/** At which provider, how good, and whether cookies can be set. */
export interface SessionTokenOptions {
  /** Absent: the provider at which the browser signed in last. */
  readonly provider?: string | undefined;
  /** Seconds that the token must still live; more than half of its life counts as half. */
  readonly minTtl?: number | undefined;
  /** A token that the provider has just answered with 401: you get another one. */
  readonly refused?: string | undefined;
  /** `false` where no response can carry cookies, as in a React Server Component: nothing is renewed. Default `true`. */
  readonly canSetCookies?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An access token of the user, and the cookies that your response must set. */
export interface SessionToken {
  readonly accessToken: string;
  /** `DPoP`: bound to a key that stays here (RFC 9449), and of use only to {@link Session.fetch}. */
  readonly tokenType: string;
  /** Milliseconds since the epoch; absent: it does not end by time, or nobody knows. */
  readonly expiresAt: number | undefined;
  readonly scopes: readonly string[];
  readonly provider: string;
  readonly subject: string | undefined;
  readonly handle: string | undefined;
  /** `Set-Cookie` lines: each must go into your response, or the next request brings the old cookie again. */
  readonly setCookies: readonly string[];
}

/** At which provider, and how fresh. */
export interface SessionIdTokenOptions {
  readonly provider?: string | undefined;
  /** Seconds since it was issued: an older one is renewed. Less than 60 counts as 60. */
  readonly maxAge?: number | undefined;
  readonly canSetCookies?: boolean | undefined;
}

/** An ID token of the user, and the cookies that your response must set. */
export interface SessionIdToken {
  readonly idToken: string;
  /** What it says, after its checks. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly setCookies: readonly string[];
}

/** Who is signed in, and until when. Never a token. Instants are in milliseconds since the epoch. */
export interface SignedInUser {
  readonly provider: string;
  readonly subject: string | undefined;
  readonly handle: string | undefined;
  readonly scopes: readonly string[];
  readonly signedInAt: number;
  readonly accessExpiresAt: number | undefined;
  readonly refreshExpiresAt: number | undefined;
}

/**
 * Keeps the tokens of an application's users in their browsers' cookies, sealed, and renews them exactly once however many
 * requests bring the same cookie.
 *
 * @example
 * ```ts
 * import { createSession } from 'kippu/session';
 * import { x } from 'kippu/providers';
 *
 * const session = createSession({
 *   publicUrl: 'http://127.0.0.1:3000',
 *   keys: process.env['KIPPU_KEYS'],
 *   providers: [x({ clientId: 'your-client-id' })],
 *   ledger: 'memory',
 * });
 *
 * export async function whoAmI(request: Request): Promise<Response> {
 *   return session.fetch(request, '/2/users/me');
 * }
 * ```
 */
export interface Session {
  /**
   * Below `basePath`: `GET login/{provider}` (with `return_to`, a path of this site of 3000 bytes at most),
   * `GET callback/{provider}`, `POST logout` and `POST logout/{provider}`, `GET session` (who is signed in, as JSON). 404 for
   * other paths. Whatever goes wrong is a page for the user and a line in the `log`; it never throws.
   */
  readonly handler: (request: Request) => Promise<Response>;
  /**
   * A good access token of the request's user, renewed if need be. RFC 6749, section 6.
   *
   * Throws {@link KippuError} with `code` `unauthenticated` (nobody is signed in), `not_found` (no such provider),
   * `reauth_required`, `cannot_rotate`, `forbidden` (another site's page made the request), `refused`, `misconfigured`,
   * `unavailable` or `uncertain`.
   */
  getAccessToken(request: SessionRequest, options?: SessionTokenOptions): Promise<SessionToken>;
  /**
   * The user's ID token, checked (OpenID Connect Core, section 3.1.3.7), renewed if it is over or older than `maxAge`.
   *
   * Throws {@link KippuError} with `code` `not_found`, `id_token_invalid`, and what {@link Session.getAccessToken} throws.
   */
  getIdToken(request: SessionRequest, options?: SessionIdTokenOptions): Promise<SessionIdToken>;
  /**
   * Calls the provider's API (a path, or a URL on its origin) with the user's token; a 401 is answered with another token,
   * once. The `Set-Cookie` headers of the response are the session's, never the API's: pass them on. Where nothing can be
   * passed on, say `canSetCookies: false`.
   *
   * Throws what {@link Session.getAccessToken} throws.
   */
  fetch(
    request: SessionRequest,
    url: string,
    init?: RequestInit,
    options?: Pick<SessionTokenOptions, 'provider' | 'canSetCookies'>,
  ): Promise<Response>;
  /** Who is signed in, by the cookie alone: nothing is renewed, and whether the session was signed out is not asked. */
  read(request: SessionRequest): Promise<readonly SignedInUser[]>;
  /** Lets every renewal under way be settled, then closes. */
  close(): Promise<void>;
}
