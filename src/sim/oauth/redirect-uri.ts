import { isLoopback } from '../../providers/provider-app.ts';
import type { World } from '../world.ts';

/** Never a redirect target, registered or not. */
const FORBIDDEN_SCHEMES: ReadonlySet<string> = new Set([
  'javascript:',
  'data:',
  'file:',
  'ftp:',
  'mailto:',
  'telnet:',
  'vbscript:',
  'blob:',
  'about:',
]);

/** Why a redirect URI cannot be trusted, as a sentence for the page; `undefined` when it can. */
export function redirectUriProblem(world: World, clientId: string, text: string): string | undefined {
  if (!URL.canParse(text)) return `The redirect URI is not a URL: ${text}`;
  const url = new URL(text);
  if (FORBIDDEN_SCHEMES.has(url.protocol)) return `A redirect URI with ${url.protocol} is never accepted.`;
  if (text.includes('#')) return 'A redirect URI has no fragment (RFC 6749, section 3.1.2).';
  if (url.hostname === 'localhost' && !world.state.settings.allowLocalhost) {
    return 'localhost is not accepted as a redirect URI. Register and use http://127.0.0.1 instead.';
  }
  const registered = world.clients?.get(clientId)?.redirectUris;
  if (registered !== undefined) {
    return registered.includes(text)
      ? undefined
      : `The redirect URI is none of those registered for this app, compared character by character: ${text}`;
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return undefined;
  return `The redirect URI must be https, or http on 127.0.0.1; another scheme must be registered for the app: ${text}`;
}
