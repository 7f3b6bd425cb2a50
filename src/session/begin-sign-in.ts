import { newConsent } from '../connect/begin.ts';
import { sendBrowser, type Departure } from '../connect/depart.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { keepSignIn } from './consent-cookies.ts';
import { cookiesOf } from './cookie-jar.ts';
import { MemoryConsents } from './memory-consents.ts';
import type { RequestFacts, SessionPorts } from './ports.ts';

export interface SignInWish {
  readonly app: ProviderApp;
  readonly redirectUri: string;
  /** Where the browser goes when it is signed in, on this site. */
  readonly returnUrl: string;
  readonly scopes: readonly string[];
}

export interface SentAway {
  /** The provider's consent page. */
  readonly url: string;
  readonly setCookies: readonly string[];
}

/**
 * Sends a browser to the provider, with what it needs to come back in a cookie of its own.
 *
 * Throws `misconfigured`, `unavailable`, `consent_failed`.
 */
export async function beginSignIn(request: RequestFacts, wish: SignInWish, ports: SessionPorts): Promise<SentAway> {
  const { app, redirectUri, returnUrl, scopes: chosen } = wish;
  const consents = new MemoryConsents();
  const scopes = { chosen, offline: ports.renewals !== undefined };
  const fresh = { app, owner: 'session', scopes, name: undefined, connectionId: undefined, redirectUri, returnUrl };
  const begun = newConsent(fresh, ports);
  await consents.create(begun);
  const departure: Departure = await sendBrowser(begun.id, undefined, { ...ports, consents });
  const consent = await consents.find(begun.id);
  if (consent === undefined) throw new TypeError('A sign-in that was just begun is not there.');
  const { browserSecret } = departure;
  return { url: departure.url, setCookies: keepSignIn({ consent, browserSecret }, cookiesOf(request.headers), ports) };
}
