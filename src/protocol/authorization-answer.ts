import * as oauth from 'oauth4webapi';
import { Secret } from '../model/secret.ts';
import type { ProviderApp } from '../providers/provider-app.ts';

export type AuthorizationAnswer =
  | { readonly kind: 'code'; readonly code: Secret }
  | { readonly kind: 'denied' }
  /** The provider refuses, or the answer is not one to trust (another issuer's, doubled parameters). */
  | { readonly kind: 'refused'; readonly error: string };

/**
 * Reads what the provider sent the browser back with (RFC 6749, section 4.1.2), after the caller has found the consent
 * by its state. Doubled parameters (section 3.1) and a foreign `iss` (RFC 9207) are refused.
 */
export function readAuthorizationAnswer(app: ProviderApp, params: URLSearchParams, state: Secret): AuthorizationAnswer {
  try {
    const checked = oauth.validateAuthResponse(
      { issuer: app.issuer },
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
