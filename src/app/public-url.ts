import { KippuError } from '../model/errors.ts';
import { isLoopback } from '../providers/provider-app.ts';

/**
 * The address that users and providers see, without a slash at its end. `name` is what it is called where it was given.
 *
 * Throws `invalid` for what is no URL, and for http to anywhere but this machine.
 */
export function readPublicUrl(text: string, name: string): string {
  if (!URL.canParse(text)) throw invalid(name, 'it is not a URL', 'https://kippu.example.com');
  const url = new URL(text);
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  if (!isSafe) throw invalid(name, 'codes and cookies would travel unencrypted', 'an https URL, or http on 127.0.0.1');
  if (url.username !== '' || url.search !== '' || url.hash !== '')
    throw invalid(name, 'a public address has no user, no query and no fragment', 'https://kippu.example.com');
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** Where browsers may be sent after a consent. Throws `invalid`. */
export function readReturnUrls(urls: readonly string[], name: string): readonly string[] {
  const bad = urls.find((url) => !URL.canParse(url));
  if (bad !== undefined) throw invalid(name, `"${bad}" is not a URL`, 'origins, as in https://app.example');
  return urls;
}

function invalid(name: string, what: string, instead: string): KippuError {
  return new KippuError('invalid', `${name}: ${what}. Give ${instead}.`, { where: name });
}
