/**
 * Departures from the RFCs. Each has two sides, one in `protocol/` that copes with it and one in `sim/` that plays it;
 * both are tables over these keys, so a quirk without either side does not compile.
 */
export interface Quirks {
  /**
   * HTTP Basic carries `client_id:client_secret` as they are, instead of form-encoding both first
   * (RFC 6749, section 2.3.1). X.
   */
  readonly basicWithoutEncoding: boolean;
  /** `token_type` comes in lower case (RFC 6749 says case does not matter; strict clients stumble). X. */
  readonly lowerCaseTokenType: boolean;
  /** The granted scopes come back in another order than they were asked for. X. */
  readonly scopesReordered: boolean;
  /** Errors of the token endpoint come with HTTP 200: the status says nothing, the `error` field everything. GitHub. */
  readonly errorsArriveAs200: boolean;
  /** The token endpoint answers as a form unless `Accept: application/json` asks for JSON (RFC 6749 has JSON only). GitHub. */
  readonly answersAsForm: boolean;
  /** The answer says in `refresh_token_expires_in` how many seconds the refresh token lives. GitHub. */
  readonly refreshLifetimeAnswered: boolean;
  /** Apps have permissions: `scope` is ignored in the request, and empty in the answer, which means none. GitHub Apps. */
  readonly permissionsNotScopes: boolean;
  /**
   * Every other token request needs the app's secret, also with PKCE; those of the device flow, and renewals of what it
   * gave, need none. GitHub.
   */
  readonly deviceFlowWithoutSecret: boolean;
  /** `response_type`, `state` and PKCE may be missing from the authorization request, `grant_type` from a code's exchange. GitHub. */
  readonly looseRequests: boolean;
  /** Parameters of the token endpoint may come in the query or as JSON too. GitHub. */
  readonly parametersAnywhere: boolean;
  /** `error` is an object with `message`, `type`, `code` and `error_subcode`, and no text. Meta. */
  readonly errorsInObject: boolean;
  /** The address that a consent comes back to ends in `#_`, which some clients take for a part of the code. Meta. */
  readonly codeEndsInFragment: boolean;
  /** `client_id` is called `client_key`. TikTok. */
  readonly clientIdIsClientKey: boolean;
  /** Token requests are JSON, and a form is refused (RFC 6749 has forms only). Notion. */
  readonly requestsAsJson: boolean;
  /** A renewal names the callback of its consent, and the provider compares it. GitLab. */
  readonly callbackAtRenewal: boolean;
  /** The refresh token's life is answered in `refresh_expires_in`. TikTok. */
  readonly refreshLifetimeShortName: boolean;
}
export type QuirkName = keyof Quirks;

/**
 * What a server may offer or demand beyond RFC 6749, said by the fields above. As with quirks, each has two sides, and one
 * without either does not compile.
 */
export const FEATURE_NAMES = [
  'privateKeyJwt',
  'pushedAuthorization',
  'requirePushed',
  'authorizationResponseIssuer',
  'dpop',
  'introspection',
] as const;
export type FeatureName = (typeof FEATURE_NAMES)[number];
