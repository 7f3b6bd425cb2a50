import * as oauth from 'oauth4webapi';
import { Secret } from '../model/secret.ts';
import { issuerIdentifier, type ProviderApp } from '../providers/provider-app.ts';

export type AuthorizationAnswer =
  | { readonly kind: 'code'; readonly code: Secret }
  | { readonly kind: 'denied' }
  /** Another server's, or one that does not say whose (RFC 9207, section 2.4): an attacker may have swapped them. */
  | { readonly kind: 'mixed_up'; readonly error: string }
  | { readonly kind: 'refused'; readonly error: string }
  /** Not an answer that anybody can read: a parameter is there twice, or none that it needs. */
  | { readonly kind: 'malformed'; readonly error: string };

/**
 * Reads what the provider sent the browser back with (RFC 6749, section 4.1.2), after the caller has found the consent
 * by its state. Doubled parameters (section 3.1) are refused; and a foreign `iss` wherever there is one, and a missing one
 * where this provider always sends it (RFC 9207), before anything else in the answer is believed.
 */
export function readAuthorizationAnswer(app: ProviderApp, params: URLSearchParams, state: Secret): AuthorizationAnswer {
  const mixUp = mixUpIn(app, params);
  if (mixUp !== undefined) return { kind: 'mixed_up', error: mixUp };
  const doubled = PARAMETERS.find((name) => params.getAll(name).length > 1);
  if (doubled !== undefined) return { kind: 'malformed', error: `the answer has ${doubled} more than once` };
  try {
    const checked = oauth.validateAuthResponse(
      { issuer: issuerIdentifier(app) },
      { client_id: app.clientId },
      params,
      state.reveal(),
    );
    const code = checked.get('code') ?? '';
    if (code === '') return { kind: 'malformed', error: 'the answer has neither a code nor an error' };
    const isLonger = app.provider.quirks.codeEndsInFragment === true;
    return { kind: 'code', code: new Secret(isLonger ? code.replace(/#_$/, '') : code) };
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) {
      return error.error === 'access_denied'
        ? { kind: 'denied' }
        : { kind: 'refused', error: error.error.slice(0, 100) };
    }
    if (error instanceof oauth.OperationProcessingError) return { kind: 'malformed', error: error.message };
    throw error;
  }
}

/** RFC 6749, section 3.1: none of them may be there twice. */
const PARAMETERS = ['state', 'code', 'error', 'error_description', 'iss'] as const;

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
