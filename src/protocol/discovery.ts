import { SECOND_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../model/http.ts';
import { isLoopback } from '../providers/provider-app.ts';

/** A document is a few kilobytes; whatever is much longer is none. */
export const METADATA_BYTES_MAX = 256 * 1024;
const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;
const ANSWER_TIMEOUT_MS = 10 * SECOND_MS;

/** What an authorization server says of itself (RFC 8414, section 2), of which as much is believed as was checked. */
export type Metadata = Readonly<Record<string, unknown>>;

/**
 * Reads what the authorization server at this issuer says of itself: at RFC 8414's address, else at that of OpenID Connect
 * Discovery. Nothing is followed anywhere else, and nothing is believed of a document that names another issuer.
 *
 * Throws `invalid` for an issuer that is none, `unavailable` for one that cannot be reached, and `misconfigured` for an
 * answer that is no such document.
 */
export async function readMetadata(issuer: string, http: HttpClient): Promise<Metadata> {
  const problem = checkIssuer(issuer);
  if (problem !== undefined) throw new KippuError('invalid', problem, { where: 'issuer' });
  const failures: KippuError[] = [];
  for (const url of metadataUrls(issuer)) {
    const read = understand(await http.send(requestOf(url)), { issuer, url });
    if (read.kind === 'metadata') return read.metadata;
    if (!read.isElsewhereMaybe) throw read.error;
    failures.push(read.error);
  }
  const [first, second] = failures;
  throw new KippuError('misconfigured', `${first?.message ?? ''} ${second?.message ?? ''}`, { cause: first });
}

/** Why this cannot be an issuer identifier (RFC 8414, section 2), if it cannot. */
export function checkIssuer(issuer: string): string | undefined {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url === undefined) return `the issuer "${issuer}" is not a URL. Give one as in https://issuer.example.`;
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    return `the issuer ${url.origin} would be asked unencrypted. Give an https URL, or http on 127.0.0.1.`;
  if (issuer.includes('?') || issuer.includes('#') || url.username !== '' || url.password !== '')
    return 'the issuer has a query, a fragment, a user or a password in it. Give it without.';
  return undefined;
}

/** RFC 8414, section 3: its path comes after the well-known part; OpenID puts it before. */
export function metadataUrls(issuer: string): readonly [string, string] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

function requestOf(url: string): HttpRequest {
  return {
    method: 'GET',
    url,
    headers: { accept: 'application/json' },
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    bodyBytesMax: METADATA_BYTES_MAX,
  };
}

interface Asked {
  readonly issuer: string;
  readonly url: string;
}

type Understood =
  | { readonly kind: 'metadata'; readonly metadata: Metadata }
  /** `isElsewhereMaybe`: nothing is there, or nothing that claims to be what was asked for. */
  | { readonly kind: 'failed'; readonly error: KippuError; readonly isElsewhereMaybe: boolean };

function understand(answer: HttpAnswer, { issuer, url }: Asked): Understood {
  if (answer.kind !== 'answered')
    return fatal('unavailable', `${url} gave no answer: ${answer.cause} (${answer.detail}). Try again later.`);
  const { status } = answer;
  if (status >= 300 && status < 400)
    return fatal(
      'misconfigured',
      `${url} sends elsewhere${placeOf(answer.headers['location'], url)}, and a redirect is not followed (RFC 8414 has none). ` +
        'If the provider has moved, give its present issuer.',
    );
  if (status >= 500 || status === 429)
    return fatal('unavailable', `${url} answers with HTTP ${status}. Try again later.`);
  if (status !== 200) return elsewhere(`${url} answers with HTTP ${status}.`);
  if (!answer.complete)
    return fatal(
      'misconfigured',
      `${url} answers with more than ${METADATA_BYTES_MAX} bytes, or the answer was cut off. A server's description is a few kilobytes: look at what is there.`,
    );
  const document = parse(answer.body);
  if (document === undefined) return elsewhere(`${url} answers with something that is no JSON object.`);
  if (document['issuer'] === issuer) return { kind: 'metadata', metadata: document };
  return fatal('misconfigured', strangerAt({ issuer, url }, document['issuer']));
}

/** RFC 8414, section 3.3: to the letter, or another's description could be put in its place. */
function strangerAt({ issuer, url }: Asked, named: unknown): string {
  const said = typeof named === 'string' ? `the issuer ${named.slice(0, 200)}` : 'no issuer';
  const isNear = typeof named === 'string' && named.replace(/\/$/, '') === issuer.replace(/\/$/, '');
  return `${url} names ${said}, and ${issuer} was asked for. ${
    isNear
      ? 'They must be the same to the letter: give it with that slash, or without.'
      : 'Nothing of it is believed. Give the issuer that the provider documents.'
  }`;
}

/** The host alone: an address may hold anything. */
function placeOf(location: string | undefined, url: string): string {
  return location !== undefined && URL.canParse(location, url) ? ` (${new URL(location, url).host})` : '';
}

function fatal(code: 'unavailable' | 'misconfigured', message: string): Understood {
  return { kind: 'failed', error: new KippuError(code, message), isElsewhereMaybe: false };
}

function elsewhere(message: string): Understood {
  return { kind: 'failed', error: new KippuError('misconfigured', message), isElsewhereMaybe: true };
}

function parse(body: Uint8Array): Metadata | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Metadata) : undefined;
  } catch {
    // A page for people, most likely: the caller says what it is not.
    return undefined;
  }
}
