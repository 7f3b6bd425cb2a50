import { KippuError } from '../model/errors.ts';
import type { RequestFacts } from './ports.ts';

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request that may change something was made by another site's page. `SameSite` keeps other sites' requests
 * from bringing the cookie, and takes sibling domains for the same site: the browser's own words about where a request
 * comes from do not (Fetch, `Origin`; Fetch Metadata, `Sec-Fetch-Site`). What says nothing is no browser's page.
 */
export function isForeign({ headers, method = 'GET' }: RequestFacts, origin: string): boolean {
  if (READING.has(method.toUpperCase())) return false;
  const site = headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return true;
  const from = headers.get('origin');
  return from !== null && from !== origin;
}

export function foreignSite(): KippuError {
  return new KippuError(
    'forbidden',
    'This request was made by a page of another site, and may have been made without its user knowing. Nothing was done. ' +
      'If the page is yours, serve it from the origin that publicUrl names.',
  );
}
