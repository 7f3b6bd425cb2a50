import type { Secret } from '../model/secret.ts';
import type { TokenSet } from '../model/token-set.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { authenticate, type Authentication } from './client-authentication.ts';
import type { UnsignedRequest } from './signed-request.ts';

/** DNS, connecting and TLS together. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** A token answer is a few kilobytes; ID tokens with many claims reach tens. */
const TOKEN_ANSWER_BYTES_MAX = 256 * 1024;

export type Grant =
  | {
      readonly kind: 'refresh_token';
      readonly refreshToken: Secret;
      /** By which flow its grant was given. */
      readonly flow?: TokenSet['flow'];
    }
  /** RFC 6749, section 4.4.2: the app's own token. */
  | { readonly kind: 'client_credentials'; readonly scopes: readonly string[] }
  /** RFC 8628, section 3.4. */
  | { readonly kind: 'device_code'; readonly deviceCode: Secret }
  | {
      readonly kind: 'authorization_code';
      readonly code: Secret;
      readonly redirectUri: string;
      readonly verifier: Secret | undefined;
    };

/** The token request (RFC 6749, sections 4.1.3, 4.4.2 and 6; RFC 8628, section 3.4). */
export function tokenRequest(app: ProviderApp, grant: Grant, answerTimeoutMs: number): UnsignedRequest {
  return formRequest(app, app.endpoints.token, formOf(app, grant), answerTimeoutMs, {
    withSecret: needsSecret(app, grant),
  });
}

/** Where the device flow needs no secret, none is sent: then a changed one cannot end what it was never part of. */
function needsSecret({ provider }: ProviderApp, grant: Grant): boolean {
  if (provider.quirks.deviceFlowWithoutSecret !== true) return true;
  return grant.kind !== 'device_code' && !(grant.kind === 'refresh_token' && grant.flow === 'device');
}

/** A form sent to one of the authorization server's own endpoints, authenticated as the client. */
export function formRequest(
  app: ProviderApp,
  url: string,
  form: Readonly<Record<string, string>>,
  answerTimeoutMs: number,
  authentication?: Authentication,
): UnsignedRequest {
  const { headers, body, needsAssertion } = authenticate(app, form, authentication);
  return {
    method: 'POST',
    url,
    headers,
    body,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs,
    bodyBytesMax: TOKEN_ANSWER_BYTES_MAX,
    needsAssertion,
  };
}

function formOf({ provider }: ProviderApp, grant: Grant): Record<string, string> {
  switch (grant.kind) {
    case 'refresh_token':
      return { grant_type: 'refresh_token', refresh_token: grant.refreshToken.reveal() };
    case 'client_credentials':
      return {
        grant_type: 'client_credentials',
        ...(grant.scopes.length === 0 ? {} : { scope: grant.scopes.join(provider.scopes.separator) }),
        ...provider.appOnly?.params,
      };
    case 'device_code':
      return { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: grant.deviceCode.reveal() };
    case 'authorization_code':
      return {
        grant_type: 'authorization_code',
        code: grant.code.reveal(),
        redirect_uri: grant.redirectUri,
        ...(grant.verifier === undefined ? {} : { code_verifier: grant.verifier.reveal() }),
      };
  }
}
