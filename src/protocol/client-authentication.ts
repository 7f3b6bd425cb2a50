import type { Secret } from '../model/secret.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import type { FeatureName, QuirkName } from '../providers/quirks.ts';

export interface Authentication {
  /** `false`: by its `client_id` alone, also where the app has a secret. */
  readonly withSecret: boolean;
}

export interface AuthenticatedForm {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The app's key has still to sign for it (RFC 7523). */
  readonly needsAssertion: boolean;
}

/**
 * A form with the client's authentication: HTTP Basic or the body for an app with a secret, `client_id` alone for a
 * public one (RFC 6749, sections 2.3.1 and 3.2.1), and for one with a key, whose assertion is made when it is sent.
 */
export function authenticate(
  app: ProviderApp,
  form: Readonly<Record<string, string>>,
  { withSecret }: Authentication = { withSecret: true },
): AuthenticatedForm {
  const isJson = app.provider.quirks.requestsAsJson === true;
  const headers: Record<string, string> = {
    'content-type': isJson ? 'application/json' : 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  const body = new URLSearchParams(form);
  const needsAssertion = withSecret && app.clientKey !== undefined;
  const idName = clientIdName(app);
  const secret = withSecret ? app.clientSecret : undefined;
  if (secret === undefined) {
    body.set(idName, app.clientId);
  } else if (app.provider.clientAuth.confidential === 'basic') {
    headers['authorization'] = basicHeader(app, secret);
  } else {
    body.set(idName, app.clientId);
    body.set('client_secret', secret.reveal());
  }
  return { headers, body: isJson ? JSON.stringify(Object.fromEntries(body)) : body.toString(), needsAssertion };
}

/** What `client_id` is called there. */
export function clientIdName({ provider }: Pick<ProviderApp, 'provider'>): 'client_id' | 'client_key' {
  return provider.quirks.clientIdIsClientKey === true ? 'client_key' : 'client_id';
}

/** The app's HTTP Basic authentication. */
export function basicHeader(app: ProviderApp, secret: Secret): string {
  const encode = app.provider.quirks.basicWithoutEncoding === true ? (value: string): string => value : formEncode;
  return `Basic ${Buffer.from(`${encode(app.clientId)}:${encode(secret.reveal())}`).toString('base64')}`;
}

/** `application/x-www-form-urlencoded` of one value. */
function formEncode(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2);
}

/** Where each quirk is coped with, in words; `sim/` has the other side, and `quirk-stories.test.ts` meets each of them. */
export const QUIRKS_COPED_WITH = {
  basicWithoutEncoding: 'protocol/client-authentication.ts: basicHeader',
  lowerCaseTokenType: 'protocol/token-answer.ts: token types are compared without case (RFC 6749, section 5.1)',
  scopesReordered: 'protocol/token-answer.ts: scopes are a set',
  errorsArriveAs200: 'protocol/classify.ts: an error in a 200 is read as one in a 400',
  answersAsForm: 'protocol/client-authentication.ts: JSON is asked for; a form that comes anyway is read',
  refreshLifetimeAnswered: 'protocol/token-answer.ts: refresh_token_expires_in, as a number or a text',
  permissionsNotScopes: 'protocol/token-answer.ts: an empty scope means none, and not the scopes asked for',
  deviceFlowWithoutSecret: 'protocol/token-request.ts: the secret stays here where it is not needed',
  looseRequests: 'protocol/authorization-request.ts: all of them are sent',
  parametersAnywhere: 'protocol/token-request.ts: they are sent as a form',
  errorsInObject: 'protocol/token-answer.ts: its code is the error, its subcode names it closer',
  codeEndsInFragment: 'protocol/authorization-answer.ts: it is cut off',
  clientIdIsClientKey: 'protocol/client-authentication.ts: clientIdName',
  requestsAsJson: 'protocol/client-authentication.ts: the fields of the form as JSON',
  callbackAtRenewal: 'protocol/token-request.ts: the callback is kept with the tokens, and sent with each renewal',
  refreshLifetimeShortName: 'protocol/token-answer.ts: both names are read',
} as const satisfies Record<QuirkName, string>;

/** Where each feature is used. */
export const FEATURES_USED = {
  privateKeyJwt: 'protocol/client-assertion.ts, in every form that signed-request.ts sends',
  pushedAuthorization: 'protocol/pushed-request.ts: whatever can be pushed is',
  requirePushed: 'protocol/pushed-request.ts: nothing more to do',
  authorizationResponseIssuer: 'protocol/authorization-answer.ts: an answer without iss is a mix-up',
  dpop: 'protocol/dpop.ts and signed-request.ts',
  introspection: 'protocol/introspection.ts: asked where a renewal was not answered',
} as const satisfies Record<FeatureName, string>;
