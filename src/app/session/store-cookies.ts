/**
 * What a framework sets cookies with, as Next.js's `cookies()`.
 *
 * @example
 * ```ts
 * import type { CookieStore } from 'kippu/session';
 * export function remembering(names: string[]): CookieStore {
 *   return { set: (name) => names.push(name) };
 * }
 * ```
 */
export interface CookieStore {
  set(name: string, value: string, attributes: CookieAttributes): unknown;
}

/** RFC 6265, section 5.2, as frameworks spell it. */
export interface CookieAttributes {
  readonly path: string;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite: 'lax' | 'strict';
  /** Absent: until the browser closes. */
  readonly expires?: Date;
}

/**
 * Sets the cookies of `setCookies` where a framework takes no `Set-Cookie` lines, as in a server action of Next.js.
 *
 * @example
 * ```ts
 * import { storeCookies, type CookieStore, type Session } from 'kippu/session';
 *
 * export async function act(headers: Headers, cookies: CookieStore, session: Session): Promise<string> {
 *   const { accessToken, setCookies } = await session.getAccessToken({ headers, method: 'POST' });
 *   storeCookies(cookies, setCookies);
 *   return accessToken;
 * }
 * ```
 */
export function storeCookies(store: CookieStore, setCookies: readonly string[]): void {
  for (const { name, value, attributes } of setCookies.map(read)) store.set(name, value, attributes);
}

interface ReadLine {
  readonly name: string;
  readonly value: string;
  readonly attributes: CookieAttributes;
}

/** A line that this session has written. */
function read(line: string): ReadLine {
  const [pair = '', ...rest] = line.split('; ');
  const given = new Map(rest.map((part) => [nameIn(part).toLowerCase(), valueIn(part)]));
  const expires = given.get('expires');
  return {
    name: nameIn(pair),
    value: valueIn(pair),
    attributes: {
      path: given.get('path') ?? '/',
      httpOnly: given.has('httponly'),
      secure: given.has('secure'),
      sameSite: given.get('samesite') === 'Strict' ? 'strict' : 'lax',
      ...(expires === undefined ? {} : { expires: new Date(expires) }),
    },
  };
}

function nameIn(pair: string): string {
  const at = pair.indexOf('=');
  return at === -1 ? pair : pair.slice(0, at);
}

function valueIn(pair: string): string {
  const at = pair.indexOf('=');
  return at === -1 ? '' : pair.slice(at + 1);
}
