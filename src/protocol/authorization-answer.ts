import * as oauth from 'oauth4webapi';
import { Secret } from '../model/secret.ts';
import { issuerIdentifier, type ProviderApp } from '../providers/provider-app.ts';

export type AuthorizationAnswer =
  | { readonly kind: 'code'; readonly code: Secret }
  | { readonly kind: 'denied' }
  /** Another server's, or one that does not say whose (RFC 9207, section 2.4): an attacker may have swapped them. */
  | { readonly kind: 'mixed_up'; readonly error: string }
  /** The provider refuses, or the answer is not one to trust (doubled parameters). */
  | { readonly kind: 'refused'; readonly error: string };

/**
 * Reads what the provider sent the browser back with (RFC 6749, section 4.1.2), after the caller has found the consent
 * by its state. Doubled parameters (section 3.1) are refused; and a foreign `iss` wherever there is one, and a missing one
 * where this provider always sends it (RFC 9207), before anything else in the answer is believed.
 */
export function readAuthorizationAnswer(app: ProviderApp, params: URLSearchParams, state: Secret): AuthorizationAnswer {
  const mixUp = mixUpIn(app, params);
  if (mixUp !== undefined) return { kind: 'mixed_up', error: mixUp };
  try {
    const checked = oauth.validateAuthResponse(
      { issuer: issuerIdentifier(app) },
      { client_id: app.clientId },
      params,
      state.reveal(),
    );
    const [code = '', ...others] = checked.getAll('code');
    if (others.length > 0) return { kind: 'refused', error: 'the provider sent more than one code' };
    if (code === '') return { kind: 'refused', error: 'the provider sent neither a code nor an error' };
    const isLonger = app.provider.quirks.codeEndsInFragment === true;
    return { kind: 'code', code: new Secret(isLonger ? code.replace(/#_$/, '') : code) };
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) {
      return error.error === 'access_denied'
        ? { kind: 'denied' }
        : { kind: 'refused', error: error.error.slice(0, 100) };
    }
    if (error instanceof oauth.OperationProcessingError) return { kind: 'refused', error: error.code ?? error.message };
    throw error;
  }
}

const ISSUER_CHARS_MAX = 200;

/** Compared to the letter (RFC 9207, section 2.4). */
function mixUpIn(app: ProviderApp, params: URLSearchParams): string | undefined {
  const { name, authorizationResponseIssuer } = app.provider;
  const expected = issuerIdentifier(app);
  const named = params.getAll('iss');
  if (named.length === 0) {
    return authorizationResponseIssuer === true
      ? `the answer does not say which server it comes from, and ${name} always says so`
      : undefined;
  }
  if (named.every((iss) => iss === expected)) return undefined;
  const other = named.find((iss) => iss !== expected) ?? '';
  return `the answer says that it comes from ${hostOf(other).slice(0, ISSUER_CHARS_MAX)}, and the consent was asked of ${expected}`;
}

/** A whole address may hold anything: its query is left out. */
function hostOf(issuer: string): string {
  return URL.canParse(issuer) ? new URL(issuer).origin + new URL(issuer).pathname : 'nowhere';
}
