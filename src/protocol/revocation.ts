import type { HttpAnswer } from '../model/http.ts';
import type { Secret } from '../model/secret.ts';
import type { TokenSet } from '../model/token-set.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { basicHeader } from './client-authentication.ts';
import type { UnsignedRequest } from './signed-request.ts';
import { CONNECT_TIMEOUT_MS, formRequest } from './token-request.ts';

const REVOCATION_TIMEOUT_MS = 20_000;
const REVOCATION_BYTES_MAX = 64 * 1024;

/** `grant`: all that the user gave to the app. `tokens`: this token set alone, where the provider tells them apart. */
export type RevocationExtent = 'grant' | 'tokens';

export type RevocationPlan =
  /** In this order; the first one's answer is the one that counts. */
  | { readonly kind: 'requests'; readonly requests: readonly [UnsignedRequest, ...UnsignedRequest[]] }
  | { readonly kind: 'impossible'; readonly error: string };

/** How a token set is ended at the provider. */
export function revocationPlan(app: ProviderApp, tokens: TokenSet, extent: RevocationExtent): RevocationPlan {
  const { provider, endpoints, clientSecret } = app;
  const { revocation, name } = provider;
  if (revocation.method === 'delete_by_access_token') {
    if (clientSecret === undefined)
      return {
        kind: 'impossible',
        error: `${name} lets only an app with its client secret revoke, and there is none here`,
      };
    const path = extent === 'grant' ? revocation.grantPath : revocation.tokenPath;
    return { kind: 'requests', requests: [deletion(app, clientSecret, path, tokens.accessToken)] };
  }
  if (revocation.method === 'none' || endpoints.revocation === undefined)
    return { kind: 'impossible', error: `${name} has no revocation endpoint` };
  if (revocation.refreshTokensOnly === true) {
    return tokens.refreshToken === undefined
      ? { kind: 'impossible', error: `${name} revokes refresh tokens only, and there is none here` }
      : { kind: 'requests', requests: [standardRequest(app, endpoints.revocation, tokens.refreshToken, undefined)] };
  }
  const access = standardRequest(app, endpoints.revocation, tokens.accessToken, 'access_token');
  if (tokens.refreshToken === undefined) return { kind: 'requests', requests: [access] };
  // The refresh token ends the grant; the access token may live on without it.
  const refresh = standardRequest(app, endpoints.revocation, tokens.refreshToken, 'refresh_token');
  return { kind: 'requests', requests: [refresh, access] };
}

/** RFC 7009, section 2.1. */
function standardRequest(
  app: ProviderApp,
  url: string,
  token: Secret,
  hint: 'refresh_token' | 'access_token' | undefined,
): UnsignedRequest {
  const form = { token: token.reveal(), ...(hint === undefined ? {} : { token_type_hint: hint }) };
  return formRequest(app, url, form, REVOCATION_TIMEOUT_MS);
}

function deletion(app: ProviderApp, secret: Secret, path: string, accessToken: Secret): UnsignedRequest {
  return {
    method: 'DELETE',
    url: app.endpoints.api + path.replace('{client_id}', encodeURIComponent(app.clientId)),
    headers: {
      authorization: basicHeader(app, secret),
      accept: 'application/json',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ access_token: accessToken.reveal() }),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: REVOCATION_TIMEOUT_MS,
    bodyBytesMax: REVOCATION_BYTES_MAX,
    needsAssertion: false,
  };
}

export type RevocationOutcome =
  /** `wasOver`: the access token that was to end the grant is none there. What was renewed from the same grant may live. */
  | { readonly kind: 'revoked'; readonly wasOver: boolean }
  | { readonly kind: 'failed'; readonly error: string; readonly retryable: boolean };

/**
 * 200 also means "was not valid any more" (RFC 7009, section 2.2), and so does 422 where a token is deleted: that token is
 * gone either way.
 */
export function readRevocation(answer: HttpAnswer, { provider }: ProviderApp): RevocationOutcome {
  if (answer.kind !== 'answered')
    return { kind: 'failed', error: `${answer.cause}: ${answer.detail}`, retryable: true };
  if (answer.status >= 200 && answer.status < 300) return { kind: 'revoked', wasOver: false };
  if (answer.status === 422 && provider.revocation.method === 'delete_by_access_token')
    return { kind: 'revoked', wasOver: true };
  const retryable = answer.status >= 500 || answer.status === 429;
  return { kind: 'failed', error: `HTTP ${answer.status} from the revocation endpoint`, retryable };
}
