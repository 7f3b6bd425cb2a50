import type { HttpAnswer, HttpRequest } from '../model/http.ts';
import type { Secret } from '../model/secret.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { formRequest } from './token-request.ts';

const REVOCATION_TIMEOUT_MS = 20_000;

export interface TokenToRevoke {
  readonly token: Secret;
  readonly hint: 'refresh_token' | 'access_token';
}

/** The revocation request (RFC 7009, section 2.1), or nothing where the provider has no such endpoint. */
export function revocationRequest(app: ProviderApp, { token, hint }: TokenToRevoke): HttpRequest | undefined {
  if (app.provider.revocation.method !== 'rfc7009' || app.endpoints.revocation === undefined) return undefined;
  return formRequest(
    app,
    app.endpoints.revocation,
    { token: token.reveal(), token_type_hint: hint },
    REVOCATION_TIMEOUT_MS,
  );
}

export type RevocationOutcome =
  { readonly kind: 'revoked' } | { readonly kind: 'failed'; readonly error: string; readonly retryable: boolean };

/** 200 also means "was not valid any more" (RFC 7009, section 2.2): the goal is reached either way. */
export function readRevocation(answer: HttpAnswer): RevocationOutcome {
  if (answer.kind !== 'answered')
    return { kind: 'failed', error: `${answer.cause}: ${answer.detail}`, retryable: true };
  if (answer.status >= 200 && answer.status < 300) return { kind: 'revoked' };
  const retryable = answer.status >= 500 || answer.status === 429;
  return { kind: 'failed', error: `HTTP ${answer.status} from the revocation endpoint`, retryable };
}
