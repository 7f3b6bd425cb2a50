import { KippuError } from '../model/errors.ts';
import { hasIdForm, type ConnectionId } from '../model/ids.ts';

/**
 * Browsers keep a cookie whose name and value have 4096 bytes together (RFC 6265bis, section 5.6), and some count the
 * attributes too: the whole `Set-Cookie` line stays below that.
 */
const LINE_BYTES_MAX = 4000;
/** Enough of a session's id to keep its cookies apart from another session's. */
const SHORT_ID_CHARS = 8;
const CHUNKS_MAX = 9;

export interface CookieRules {
  /** Over https: the `__Host-` prefix and `Secure`. Over http, which is for loopback alone, browsers would refuse both. */
  readonly isSecure: boolean;
  readonly sameSite: 'lax' | 'strict';
  /** `browser`: until the browser closes. */
  readonly lifetime: 'persistent' | 'browser';
  /** Of all cookies of one session together, as the browser sends them. */
  readonly bytesMax: number;
}

/** One session's cookies, put together again. */
export interface CookieGroup {
  /** What the cookies' names have in common; the sealed value is bound to it. */
  readonly base: string;
  readonly provider: string;
  readonly id: ConnectionId;
  readonly sealed: Uint8Array;
}

/** All cookies of a request, in the order of the header; of two with one name, the first counts. */
export function cookiesOf(headers: Headers): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (headers.get('cookie') ?? '').split(';')) {
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim();
    if (at > 0 && !cookies.has(name)) cookies.set(name, part.slice(at + 1).trim());
  }
  return cookies;
}

export function baseName(provider: string, id: ConnectionId, { isSecure }: Pick<CookieRules, 'isSecure'>): string {
  const [, random = ''] = id.split('_');
  return `${isSecure ? '__Host-' : ''}kippu-${provider}-${random.slice(0, SHORT_ID_CHARS)}`;
}

const CHUNK_NAME = /^((?:__Host-)?kippu-(.+)-[0-9a-z]{8})\.(\d)$/;

/**
 * The sessions among the cookies. What is not whole, because the browser dropped a part or somebody made it up, is none.
 * Cookies without the prefix that this site's have are somebody else's: a sibling domain may have set them.
 */
export function groupsIn(
  cookies: ReadonlyMap<string, string>,
  { isSecure }: Pick<CookieRules, 'isSecure'>,
): CookieGroup[] {
  const groups: CookieGroup[] = [];
  for (const [name, first] of cookies) {
    const [, base, provider, number] = CHUNK_NAME.exec(name) ?? [];
    if (base === undefined || provider === undefined || number !== '0') continue;
    if (base.startsWith('__Host-') !== isSecure) continue;
    const group = groupOf({ base, provider, first }, cookies);
    if (group !== undefined) groups.push(group);
  }
  return groups;
}

function groupOf(
  { base, provider, first }: { readonly base: string; readonly provider: string; readonly first: string },
  cookies: ReadonlyMap<string, string>,
): CookieGroup | undefined {
  const [, count = '', id = '', begin = ''] = /^([1-9])\.(con_[0-9a-z]+)\.([\w-]*)$/.exec(first) ?? [];
  if (!hasIdForm('con', id)) return undefined;
  const rest = Array.from({ length: Number(count) - 1 }, (_, index) => cookies.get(`${base}.${index + 1}`));
  if (rest.includes(undefined)) return undefined;
  return { base, provider, id, sealed: Buffer.from(begin + rest.join(''), 'base64url') };
}

/**
 * The `Set-Cookie` lines that store a session, and clear what an earlier, longer one of it left. `endsAtMs` is when the
 * cookies are of no use any more.
 *
 * Throws `too_large`, before the browser could drop a part of it without a word.
 */
export function storeLines(
  group: CookieGroup,
  { cookies, endsAtMs }: { readonly cookies: ReadonlyMap<string, string>; readonly endsAtMs: number },
  rules: CookieRules,
): string[] {
  const attributes = attributesOf(endsAtMs, rules);
  const chunks = split(group, roomFor(group.base, attributes));
  const named = chunks.map((chunk, index) => `${group.base}.${index}=${chunk}`);
  refuseTooLarge(named, rules);
  const stale = namesOf(group.base, cookies).filter((name) => Number(name.at(-1)) >= chunks.length);
  return [...named.map((cookie) => cookie + attributes), ...stale.map((name) => clearLine(name, rules))];
}

function split({ id, sealed }: CookieGroup, room: number): string[] {
  const text = `${id}.${Buffer.from(sealed).toString('base64url')}`;
  // The first one says how many there are.
  const count = Math.ceil((text.length + '9.'.length) / room);
  const whole = `${count}.${text}`;
  return Array.from({ length: count }, (_, index) => whole.slice(index * room, (index + 1) * room));
}

function refuseTooLarge(named: readonly string[], { bytesMax }: CookieRules): void {
  const bytes = named.reduce((sum, cookie) => sum + Buffer.byteLength(cookie) + '; '.length, 0);
  if (bytes <= bytesMax && named.length <= CHUNKS_MAX) return;
  throw new KippuError(
    'too_large',
    `The tokens of this session need ${bytes} bytes of cookies, and ${bytesMax} are allowed: servers answer a longer header with an error. ` +
      'Leave the ID token out (keepIdToken: false), ask for fewer scopes, raise maxCookieBytes if every server in between takes it, or keep the tokens in a database.',
    { where: 'maxCookieBytes' },
  );
}

/** Every name of a session's cookies that the browser sent. */
function namesOf(base: string, cookies: ReadonlyMap<string, string>): string[] {
  return [...cookies.keys()].filter((name) => name.startsWith(`${base}.`));
}

export function clearLines(
  { base }: Pick<CookieGroup, 'base'>,
  cookies: ReadonlyMap<string, string>,
  rules: CookieRules,
): string[] {
  return namesOf(base, cookies).map((name) => clearLine(name, rules));
}

/**
 * One value that is stored until a fixed moment, whatever `lifetime` says of sessions. What is too long for one cookie goes
 * on in `NAME.1`, `NAME.2` and so on, and then begins with how many there are.
 */
export function storeValue(name: string, value: string, endsAtMs: number, rules: CookieRules): string[] {
  const attributes = attributesOf(endsAtMs, { ...rules, lifetime: 'persistent', sameSite: 'lax' });
  const room = roomFor(name, attributes);
  const count = value.length <= room ? 1 : Math.ceil((value.length + '9.'.length) / room);
  const whole = count === 1 ? value : `${count}.${value}`;
  return Array.from(
    { length: count },
    (_, at) => `${partName(name, at)}=${whole.slice(at * room, (at + 1) * room)}${attributes}`,
  );
}

/** What {@link storeValue} stored. Nothing, where a part of it is missing. */
export function storedValue(name: string, cookies: ReadonlyMap<string, string>): string | undefined {
  const first = cookies.get(name);
  const [, count, begin = ''] = /^([2-9])\.(.*)$/.exec(first ?? '') ?? [];
  if (count === undefined) return first;
  const rest = Array.from({ length: Number(count) - 1 }, (_, at) => cookies.get(partName(name, at + 1)));
  return rest.includes(undefined) ? undefined : begin + rest.join('');
}

/** Every name under which a browser has a part of such a value. */
export function partsOf(name: string, cookies: ReadonlyMap<string, string>): string[] {
  return [...cookies.keys()].filter((part) => part === name || part.startsWith(`${name}.`));
}

function partName(name: string, at: number): string {
  return at === 0 ? name : `${name}.${at}`;
}

export function clearLine(name: string, rules: CookieRules): string {
  return `${name}=${attributesOf(0, { ...rules, lifetime: 'persistent' })}`;
}

/** Of one line, for the value itself. */
function roomFor(name: string, attributes: string): number {
  return LINE_BYTES_MAX - Buffer.byteLength(attributes) - name.length - '.0='.length;
}

/** As a browser sends it. */
export function bytesOf(name: string, value: string): number {
  return Buffer.byteLength(`${name}=${value}; `);
}

/** A fixed moment and no span, so that everybody who is given the same session is given the same bytes. */
function attributesOf(endsAtMs: number, { isSecure, sameSite, lifetime }: Omit<CookieRules, 'bytesMax'>): string {
  const expires = lifetime === 'persistent' ? `; Expires=${new Date(endsAtMs).toUTCString()}` : '';
  const site = sameSite === 'strict' ? 'Strict' : 'Lax';
  return `; Path=/; HttpOnly; SameSite=${site}${isSecure ? '; Secure' : ''}${expires}`;
}
