import type { HttpRequest } from '../model/http.ts';
import type { Secret } from '../model/secret.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { authenticate } from './client-authentication.ts';

/** DNS, connecting and TLS together. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** A token answer is a few kilobytes; ID tokens with many claims reach tens. */
const TOKEN_ANSWER_BYTES_MAX = 256 * 1024;

export type Grant =
  | { readonly kind: 'refresh_token'; readonly refreshToken: Secret }
  | {
      readonly kind: 'authorization_code';
      readonly code: Secret;
      readonly redirectUri: string;
      readonly verifier: Secret | undefined;
    };

/** The token request (RFC 6749, sections 4.1.3 and 6). */
export function tokenRequest(app: ProviderApp, grant: Grant, answerTimeoutMs: number): HttpRequest {
  return formRequest(app, app.endpoints.token, formOf(grant), answerTimeoutMs);
}

/** A form sent to one of the authorization server's own endpoints, authenticated as the client. */
export function formRequest(
  app: ProviderApp,
  url: string,
  form: Readonly<Record<string, string>>,
  answerTimeoutMs: number,
): HttpRequest {
  const { headers, body } = authenticate(app, form);
  return {
    method: 'POST',
    url,
    headers,
    body,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs,
    bodyBytesMax: TOKEN_ANSWER_BYTES_MAX,
  };
}

function formOf(grant: Grant): Record<string, string> {
  switch (grant.kind) {
    case 'refresh_token':
      return { grant_type: 'refresh_token', refresh_token: grant.refreshToken.reveal() };
    case 'authorization_code':
      return {
        grant_type: 'authorization_code',
        code: grant.code.reveal(),
        redirect_uri: grant.redirectUri,
        ...(grant.verifier === undefined ? {} : { code_verifier: grant.verifier.reveal() }),
      };
  }
}
