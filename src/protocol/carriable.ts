import type { Secret } from '../model/secret.ts';

/** What is said of an access token that is not. */
export const NOT_CARRIABLE =
  'the answer is in the wrong format: its access token has characters that no header can carry';

/**
 * Whether an HTTP header can carry it: visible ASCII, which is more than RFC 6750, section 2.1, allows. A space or a line
 * end in a header value ends a credential, or a request.
 */
export function isCarriable(token: Secret): boolean {
  return /^[\x21-\x7e]+$/.test(token.reveal());
}
