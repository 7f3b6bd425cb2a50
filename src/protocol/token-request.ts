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
      /** What the grant has; sent only where leaving it out would ask for more. */
      readonly scopes?: readonly string[];
      /** The callback of its consent. */
      readonly redirectUri?: TokenSet['redirectUri'];
    }
  /** RFC 6749, section 4.4.2: the app's own token. */
  | { readonly kind: 'client_credentials'; readonly scopes: readonly string[] }
  /** The access token itself, where there are no refresh tokens; one that a consent has just brought is `isShortLived`. */
  | { readonly kind: 'access_token'; readonly accessToken: Secret; readonly isShortLived: boolean }
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
  if (grant.kind === 'access_token') return accessTokenExchange(app, grant, answerTimeoutMs);
  return formRequest(app, app.endpoints.token, formOf(app, grant), answerTimeoutMs, {
    withSecret: needsSecret(app, grant),
  });
}

type AccessTokenGrant = Extract<Grant, { kind: 'access_token' }>;

/**
 * Token and secret stand in the query, because that is where the provider reads them: nothing may write this URL down.
 * Throws a `TypeError` for a provider that renews in another way.
 */
function accessTokenExchange(
  { provider, endpoints, clientId, clientSecret }: ProviderApp,
  { accessToken, isShortLived }: AccessTokenGrant,
  answerTimeoutMs: number,
): UnsignedRequest {
  const exchange = isShortLived ? provider.renewal?.shortLived?.exchange : provider.renewal?.exchange;
  const endpoint = isShortLived ? endpoints.upgrade : endpoints.renewal;
  if (exchange === undefined || endpoint === undefined)
    throw new TypeError(`${provider.name} does not exchange its access tokens.`);
  const url = new URL(endpoint);
  url.searchParams.set('grant_type', exchange.grantType);
  if (exchange.credentials === 'id_and_secret') url.searchParams.set('client_id', clientId);
  if (exchange.credentials !== 'none') url.searchParams.set('client_secret', clientSecret?.reveal() ?? '');
  url.searchParams.set(exchange.tokenParameter, accessToken.reveal());
  return {
    method: 'GET',
    url: url.href,
    headers: { accept: 'application/json' },
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs,
    bodyBytesMax: TOKEN_ANSWER_BYTES_MAX,
    needsAssertion: false,
  };
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

function formOf({ provider }: ProviderApp, grant: Exclude<Grant, AccessTokenGrant>): Record<string, string> {
  switch (grant.kind) {
    case 'refresh_token':
      return {
        grant_type: 'refresh_token',
        refresh_token: grant.refreshToken.reveal(),
        ...(provider.refresh.omittedScopeWidens === true ? scopeParameter(provider, grant.scopes ?? []) : {}),
        ...(provider.quirks.callbackAtRenewal === true && grant.redirectUri !== undefined
          ? { redirect_uri: grant.redirectUri }
          : {}),
      };
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

function scopeParameter(
  { scopes: { separator } }: ProviderApp['provider'],
  scopes: readonly string[],
): { scope?: string } {
  return scopes.length === 0 ? {} : { scope: scopes.join(separator) };
}
