import type { ProviderApp } from '../providers/provider-app.ts';
import type { QuirkName } from '../providers/provider.ts';

export interface AuthenticatedForm {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * A form with the client's authentication: HTTP Basic or the body for an app with a secret, `client_id` alone for a
 * public one (RFC 6749, sections 2.3.1 and 3.2.1).
 */
export function authenticate(app: ProviderApp, form: Readonly<Record<string, string>>): AuthenticatedForm {
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  const body = new URLSearchParams(form);
  if (app.clientSecret === undefined) {
    body.set('client_id', app.clientId);
  } else if (app.provider.clientAuth.confidential === 'basic') {
    headers['authorization'] = `Basic ${basic(app, app.clientSecret.reveal())}`;
  } else {
    body.set('client_id', app.clientId);
    body.set('client_secret', app.clientSecret.reveal());
  }
  return { headers, body: body.toString() };
}

function basic(app: ProviderApp, secret: string): string {
  const encode = app.provider.quirks.basicWithoutEncoding === true ? (value: string): string => value : formEncode;
  return Buffer.from(`${encode(app.clientId)}:${encode(secret)}`).toString('base64');
}

/** `application/x-www-form-urlencoded` of one value. */
function formEncode(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2);
}

/** Where each quirk is coped with; `sim/` has the other side. A quirk that nobody copes with does not compile. */
export const QUIRKS_COPED_WITH = {
  basicWithoutEncoding: 'protocol/client-authentication.ts: basic',
  lowerCaseTokenType: 'protocol/token-answer.ts: token types are compared without case (RFC 6749, section 5.1)',
  scopesReordered: 'protocol/token-answer.ts: scopes are a set',
} as const satisfies Record<QuirkName, string>;
