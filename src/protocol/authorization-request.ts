import type { Secret } from '../model/secret.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { clientIdName } from './client-authentication.ts';
import { asksForIdToken, nonceOf } from './id-token.ts';
import { challengeOf } from './pkce.ts';

export interface AuthorizationRequest {
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly state: Secret;
  readonly verifier: Secret;
  /** Of the key that the tokens shall be bound to (RFC 9449, section 10). Absent: bearer tokens are asked for. */
  readonly proofThumbprint?: string | undefined;
}

/** What is asked (RFC 6749, section 4.1.1, with RFC 7636 and RFC 9449), wherever it travels. */
export function authorizationParams(
  app: ProviderApp,
  { scopes, redirectUri, state, verifier, proofThumbprint }: AuthorizationRequest,
): Record<string, string> {
  const { provider, audience, organization } = app;
  const { appParameters = {} } = provider;
  return {
    response_type: 'code',
    [clientIdName(app)]: app.clientId,
    redirect_uri: redirectUri,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(provider.scopes.separator) }),
    state: state.reveal(),
    ...(provider.pkce === 'S256' ? { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' } : {}),
    ...(proofThumbprint === undefined ? {} : { dpop_jkt: proofThumbprint }),
    ...(asksForIdToken(provider, scopes) ? { nonce: nonceOf(verifier) } : {}),
    ...provider.authorizationParams,
    ...named(appParameters.audience, audience),
    ...named(appParameters.organization, organization),
  };
}

/** The URL that the browser is sent to, with the whole request in it. */
export function authorizationUrl(app: ProviderApp, request: AuthorizationRequest): string {
  return addressWith(app, authorizationParams(app, request));
}

/** The same where the request went ahead (RFC 9126, section 4): nothing of it passes through the browser. */
export function pushedUrl(app: ProviderApp, requestUri: string): string {
  return addressWith(app, { [clientIdName(app)]: app.clientId, request_uri: requestUri });
}

function addressWith({ endpoints }: ProviderApp, params: Readonly<Record<string, string>>): string {
  const url = new URL(endpoints.authorization);
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return url.href;
}

/** A parameter where the provider has a name for it and the app a value. */
export function named(name: string | undefined, value: string | undefined): Record<string, string> {
  return name === undefined || value === undefined ? {} : { [name]: value };
}
