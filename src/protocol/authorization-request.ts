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
}

/** The URL that the browser is sent to (RFC 6749, section 4.1.1, with RFC 7636). */
export function authorizationUrl(
  app: ProviderApp,
  { scopes, redirectUri, state, verifier }: AuthorizationRequest,
): string {
  const { provider, audience, organization } = app;
  const { appParameters = {} } = provider;
  const url = new URL(app.endpoints.authorization);
  const params = {
    response_type: 'code',
    [clientIdName(app)]: app.clientId,
    redirect_uri: redirectUri,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(provider.scopes.separator) }),
    state: state.reveal(),
    ...(provider.pkce === 'S256' ? { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' } : {}),
    ...(asksForIdToken(provider, scopes) ? { nonce: nonceOf(verifier) } : {}),
    ...provider.authorizationParams,
    ...named(appParameters.audience, audience),
    ...named(appParameters.organization, organization),
  };
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return url.href;
}

/** A parameter where the provider has a name for it and the app a value. */
export function named(name: string | undefined, value: string | undefined): Record<string, string> {
  return name === undefined || value === undefined ? {} : { [name]: value };
}
