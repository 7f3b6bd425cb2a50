import type { HttpAnswer, HttpRequest } from '../model/http.ts';
import type { Secret } from '../model/secret.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import type { IdTokenClaims } from './id-token.ts';
import { CONNECT_TIMEOUT_MS } from './token-request.ts';

const IDENTITY_TIMEOUT_MS = 20_000;
const IDENTITY_BYTES_MAX = 64 * 1024;

export type IdentityAnswer =
  | { readonly kind: 'known'; readonly subject: string; readonly handle: string }
  /** The provider does not accept this access token. */
  | { readonly kind: 'token_refused' }
  | { readonly kind: 'unknown'; readonly error: string };

/** Whether there is a call that says whose token it is. */
export function saysWho({ provider }: Pick<ProviderApp, 'provider'>): boolean {
  return provider.identity.path !== '';
}

/** Where it is asked. */
export function identityUrl({ endpoints, provider }: ProviderApp): string {
  return (endpoints.identity ?? endpoints.api) + provider.identity.path;
}

/** Asks whose access token this is. */
export function identityRequest(app: ProviderApp, accessToken: Secret): HttpRequest {
  return {
    method: app.provider.identity.method ?? 'GET',
    url: identityUrl(app),
    headers: {
      authorization: `Bearer ${accessToken.reveal()}`,
      accept: 'application/json',
      ...app.provider.identity.headers,
    },
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: IDENTITY_TIMEOUT_MS,
    bodyBytesMax: IDENTITY_BYTES_MAX,
  };
}

export function readIdentity(app: ProviderApp, answer: HttpAnswer): IdentityAnswer {
  // No request can carry this access token, now or later.
  if (answer.kind === 'not_sent' && answer.cause === 'unsendable') return { kind: 'token_refused' };
  if (answer.kind !== 'answered') return { kind: 'unknown', error: `${answer.cause}: ${answer.detail}` };
  if (answer.status === 401) return { kind: 'token_refused' };
  if (answer.status !== 200 && isDeadToken(app, answer.body)) return { kind: 'token_refused' };
  if (answer.status !== 200) return { kind: 'unknown', error: `HTTP ${answer.status}` };
  const body = parse(answer.body);
  const { refusedBy } = app.provider.identity;
  if (refusedBy?.values.includes(at(body, refusedBy.pointer) ?? '') === true) return { kind: 'token_refused' };
  const subject = at(body, app.provider.identity.subject);
  const handle = at(body, app.provider.identity.handle);
  if (subject === undefined) return { kind: 'unknown', error: 'the answer names no user' };
  return { kind: 'known', subject, handle: handle ?? subject };
}

/** The same from an ID token that has been checked: its claims are those of the call. */
export function identityIn(
  { provider }: ProviderApp,
  claims: IdTokenClaims,
): Extract<IdentityAnswer, { kind: 'known' }> {
  const handle = at(claims.all, provider.identity.handle);
  return { kind: 'known', subject: claims.subject, handle: handle ?? claims.subject };
}

/** A dead token in the words of the token endpoint: Meta says code 190 with 400 as well as with 401. */
function isDeadToken({ provider }: ProviderApp, body: Uint8Array): boolean {
  if (provider.quirks.errorsInObject !== true) return false;
  const code = at(parse(body), '/error/code');
  return provider.tokenErrors.some(({ error, means }) => error === code && means.kind === 'rejected');
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    // Not JSON: then it names no user, which is what the caller reports.
    return undefined;
  }
}

/** A JSON pointer without escapes (RFC 6901), as the provider data use. Numbers become text: ids may be either. */
function at(value: unknown, pointer: string): string | undefined {
  const found = pointer.split('/').slice(1).reduce<unknown>(step, value);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
}

function step(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
