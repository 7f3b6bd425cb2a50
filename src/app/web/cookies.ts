import { Secret } from '../../model/secret.ts';

export interface CookieOptions {
  readonly publicUrl: string;
  readonly maxAgeS: number;
}

/**
 * A cookie's name. Over https it has the `__Host-` prefix, so that no sibling domain can set it; over http, which is
 * only allowed on loopback, browsers would refuse the prefix.
 */
export function cookieName(base: string, publicUrl: string): string {
  return publicUrl.startsWith('https:') ? `__Host-${base}` : base;
}

/** `Lax`, because the provider sends the browser back from another site by a plain navigation. */
export function setCookie(base: string, value: Secret, { publicUrl, maxAgeS }: CookieOptions): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';
  return `${cookieName(base, publicUrl)}=${value.reveal()}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeS}${secure}`;
}

export function clearCookie(base: string, publicUrl: string): string {
  return setCookie(base, new Secret(''), { publicUrl, maxAgeS: 0 });
}

/** The first cookie of this name; `undefined` when there is none. */
export function readCookie(request: Request, base: string, publicUrl: string): Secret | undefined {
  const name = cookieName(base, publicUrl);
  for (const part of (request.headers.get('cookie') ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) {
      const value = part.slice(at + 1).trim();
      return value === '' ? undefined : new Secret(value);
    }
  }
  return undefined;
}
