import type { HttpAnswer } from '../model/http.ts';
import type { Secret } from '../model/secret.ts';
import type { AccessCheck } from '../providers/provider.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { basicHeader } from './client-authentication.ts';
import { introspectionRequest, readIntrospection, type TokenStanding } from './introspection.ts';
import type { UnsignedRequest } from './signed-request.ts';
import { CONNECT_TIMEOUT_MS } from './token-request.ts';

const CHECK_TIMEOUT_MS = 20_000;
const CHECK_BYTES_MAX = 64 * 1024;

/**
 * Asks whether an access token still lives, without using it: by the provider's own call, or by introspection (RFC 7662).
 * Nothing where the provider has neither, or where the app cannot prove who it is.
 */
export function tokenCheckRequest(app: ProviderApp, accessToken: Secret): UnsignedRequest | undefined {
  const { accessCheck } = app.provider;
  if (accessCheck === undefined) return introspectionRequest(app, accessToken, 'access_token');
  if (app.clientSecret === undefined) return undefined;
  return ownCall(app, app.clientSecret, accessCheck, accessToken);
}

/** Like a revocation by access token, and changes nothing. */
function ownCall(app: ProviderApp, secret: Secret, { path }: AccessCheck, accessToken: Secret): UnsignedRequest {
  return {
    method: 'POST',
    url: app.endpoints.api + path.replace('{client_id}', encodeURIComponent(app.clientId)),
    headers: {
      authorization: basicHeader(app, secret),
      accept: 'application/json',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ access_token: accessToken.reveal() }),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: CHECK_TIMEOUT_MS,
    bodyBytesMax: CHECK_BYTES_MAX,
    needsAssertion: false,
  };
}

/** What the answer says; anything but the two clear words is no verdict. */
export function readTokenCheck({ provider }: Pick<ProviderApp, 'provider'>, answer: HttpAnswer): TokenStanding {
  if (provider.accessCheck === undefined) return readIntrospection(answer);
  if (answer.kind !== 'answered') return { kind: 'unknown', error: `${answer.cause}: ${answer.detail}` };
  const { status, complete, body } = answer;
  // A gateway's page has the same statuses: only the API's own JSON is its word.
  const isItsWord = complete && isJsonObject(body);
  if (status === 200 && isItsWord) return { kind: 'active' };
  if (status === 404 && isItsWord) return { kind: 'inactive' };
  return { kind: 'unknown', error: isItsWord ? `HTTP ${status}` : `HTTP ${status} without a readable answer` };
}

function isJsonObject(body: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    // Not JSON: somebody else's answer.
    return false;
  }
}
