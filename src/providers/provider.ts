import type { ReauthReason } from '../model/connection.ts';

/**
 * What one authorization server and its APIs do on the wire, as data. No functions, and nothing anywhere asks for a
 * provider's id to decide what to do: what differs is a field here, which `protocol/` copes with and `sim/` plays.
 */
export interface Provider {
  /** Lower case; names the variables `KIPPU_<ID>_…`, the callback's path and a connection's default name. */
  readonly id: string;
  /** As people write it. */
  readonly name: string;
  readonly endpoints: Endpoints;
  /** Hosts of customers on which the same provider runs. Absent: it runs on its own alone. */
  readonly hosting?: Hosting;
  /** What the provider calls a number that each app has too, and that is often taken for the client id. */
  readonly numericAppId?: string;
  /** Older hosts of the same endpoints, still seen in the wild: a call that names one goes to today's host. */
  readonly legacyOrigins?: readonly string[];
  readonly scopes: Scopes;
  readonly clientAuth: ClientAuth;
  /** `S256` is sent with every authorization request; `none` where the provider refuses the parameters. */
  readonly pkce: 'S256' | 'none';
  /** Parameters that the RFCs leave to the client, and without which the provider refuses its authorization request. */
  readonly demands?: readonly ('state' | 'code_challenge')[];
  /** Parameters of the authorization request that this provider needs besides the standard ones. */
  readonly authorizationParams?: Readonly<Record<string, string>>;
  /** Absent: no limit is documented. */
  readonly stateCharsMax?: number;
  /** How long an authorization code may be exchanged. */
  readonly codeLifetimeMs: number;
  readonly access: AccessLifetime;
  readonly refresh: RefreshLifetime;
  /** Absent: by refresh tokens, where there are any. */
  readonly renewal?: AccessTokenRenewal;
  /** Whose directory its users are in, where the endpoints' paths say so. */
  readonly tenancy?: Tenancy;
  /** Where and how an app is made. Absent: nobody has described it. */
  readonly registration?: Registration;
  /** How the token endpoint's errors are to be understood; the first row that matches decides. */
  readonly tokenErrors: readonly TokenErrorRow[];
  readonly identity: Identity;
  readonly revocation: Revocation;
  /** Whether a second consent of the same user with the same app ends the first one's refresh token. */
  readonly grantsPerSubject: 'one' | 'many';
  /** How many grants one user and app may have; one more ends the oldest without a word. Absent: no such limit is known. */
  readonly grantsPerSubjectMax?: number;
  readonly callback: CallbackRules;
  readonly quirks: Partial<Quirks>;
  /** For each claim above that is not the RFC's default, where it is known from. */
  readonly evidence: Readonly<Record<string, string>>;
  /** Claims that are believed and not confirmed, by name of the field. Never promised to a user. */
  readonly unverified: readonly string[];
}

export interface Endpoints {
  readonly authorization: string;
  readonly token: string;
  readonly revocation?: string;
  /** Where a device code is asked for (RFC 8628, section 3.1). Absent: there is no device flow. */
  readonly deviceCode?: string;
  /** Where a user types his code. For the simulator and for texts; the answer's own `verification_uri` decides. */
  readonly devicePage?: string;
  /** Where an access token is exchanged for its successor, where that is how it is renewed. */
  readonly renewal?: string;
  /** Where the short-lived token of a consent is exchanged for a long-lived one. */
  readonly upgrade?: string;
  /** Origin of the call that says whose token it is, where it is not the API's. */
  readonly identity?: string;
  /** Where the resource API lives; `kippu call` and the proxy speak to this origin only. */
  readonly api: string;
}

export interface Hosting {
  /** The first whose `suffix` the host's name ends in. Endpoints keep their paths; the API is at `api`, with the name for `{host}`. */
  readonly hosts: readonly {
    readonly suffix: string;
    readonly api: string;
    /** Differs there. */
    readonly pkce?: Provider['pkce'];
  }[];
  /** Path of the resource API where one base URL stands for everything. */
  readonly apiBelowBaseUrl: string;
}

export interface Scopes {
  readonly separator: ' ' | ',';
  /** Where the answer separates them in another way than the request. */
  readonly separatorInAnswer?: ' ' | ',';
  /** The scope that makes the provider hand out a refresh token; always asked for unless refused. */
  readonly offline?: string;
  /** Named sets by use; `default` is taken when nobody chooses. */
  readonly presets: Readonly<Record<string, readonly string[]>> & { readonly default: readonly string[] };
  /** All scopes the documentation names: an unknown one is warned about, not refused. */
  readonly known: readonly string[];
  /** The provider has more than anybody lists: one that is not `known` is as good as one that is. */
  readonly open?: boolean;
}

export interface ClientAuth {
  /** How an app with a secret authenticates. An app without one sends its `client_id` in the body. */
  readonly confidential: 'basic' | 'body';
}

export interface AccessLifetime {
  /** The usual lifetime, for the simulator and for texts; the answer's own `expires_in` decides. */
  readonly lifetimeMs: number;
  /** What an answer without `expires_in` means. */
  readonly whenMissing: 'never' | 'unknown';
  /** `false`: no answer says how long (`expires_in`). Absent: every one does. */
  readonly isAnswered?: false;
}

export interface RefreshLifetime {
  /**
   * `single-use`: a renewal kills the refresh token and brings another. `reusable`: it stays good and may be presented
   * again. `none`: there are no refresh tokens.
   */
  readonly rotation: 'single-use' | 'reusable' | 'none';
  /** Counted from the consent; absent where none is known. */
  readonly absoluteMs?: number;
  /** Counted from the last renewal; absent where none is known. */
  readonly idleMs?: number;
  /** How long after its use a spent refresh token is still accepted. 0 where no such window is documented. */
  readonly reuseGraceMs: number;
  /** Whether a reuse inside the window makes a second, competing child: then a replay there is not harmless. */
  readonly graceForksFamily: boolean;
  /** Whether presenting a spent refresh token outside the window also kills its successors. */
  readonly reuseKillsFamily: boolean;
  /** Whether a renewal kills the old access token at once. */
  readonly renewalKillsAccess: boolean;
  /**
   * The refresh token in the answer to a renewal. Absent: `new` where it works once, `none` where it may be presented
   * again. `sometimes` a new one, and else the old one stays.
   */
  readonly answered?: RefreshAnswered;
  /** Parameters without which a consent brings no refresh token; `authorizationParams` have them. */
  readonly needsParams?: Readonly<Record<string, string>>;
  /** For an app that its console calls a test: counted from the consent, with `KIPPU_<ID>_TESTING=1`. */
  readonly testingAbsoluteMs?: number;
  /** Where a user takes back what he gave to the app; only then does the next consent bring a refresh token again. */
  readonly onlyAtFirstConsent?: string;
}

export type RefreshAnswered = 'new' | 'same' | 'sometimes' | 'none';

/**
 * There are no refresh tokens: the access token, while it lives, is exchanged for its successor, by a GET that has all in
 * its query. One that died is not renewed by anything.
 */
export interface AccessTokenRenewal {
  readonly by: 'access_token';
  /** At `endpoints.renewal`. */
  readonly exchange: TokenExchange;
  /** The provider refuses to renew a younger one. */
  readonly minAgeMs: number;
  /** A consent brings a token that lives this long, which is exchanged at once at `endpoints.upgrade`. */
  readonly shortLived?: { readonly lifetimeMs: number; readonly exchange: TokenExchange };
}

export interface TokenExchange {
  readonly grantType: string;
  /** The parameter that the access token is sent in. */
  readonly tokenParameter: string;
  /** What of the app's own goes along. */
  readonly credentials: 'none' | 'secret' | 'id_and_secret';
}

/** One segment of the paths of the authorization server is the tenant: `KIPPU_<ID>_TENANT`. */
export interface Tenancy {
  /** As it stands in `endpoints`, and in force where nothing is set. */
  readonly segment: string;
  /** Names with a meaning of their own, besides a tenant's id or domain. */
  readonly names: readonly string[];
}

/** What to do in the provider's console before anybody can connect. */
export interface Registration {
  readonly console: string;
  /** What is made there, in the console's words. */
  readonly makes: string;
  /** The field that the callback goes into, in the console's words. */
  readonly callbackField: string;
  /** What the console calls the client id and the client secret. */
  readonly clientIdName: string;
  readonly clientSecretName: string;
  /** Callbacks must be https, also on this machine. */
  readonly httpsOnly?: boolean;
}

/** One row of the provider's error table. A field that is absent matches anything. */
export interface TokenErrorRow {
  readonly status?: number;
  readonly error?: string;
  readonly description?: string;
  /** What the body names the error by besides: one of `error_codes`, `error_subtype`, `error_subcode`. */
  readonly code?: string;
  readonly means:
    | { readonly kind: 'rejected'; readonly reason: ReauthReason }
    | { readonly kind: 'misconfigured' }
    | { readonly kind: 'unavailable' }
    /** The authorization code, redirect URI or verifier is refused: only a fresh consent can meet it. */
    | { readonly kind: 'code_refused' };
}

export interface Identity {
  /** Path below the API origin of the call that says whose token it is. */
  readonly path: string;
  /** JSON pointers (RFC 6901) into its answer. */
  readonly subject: string;
  readonly handle: string;
  /** Absent: GET. */
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** Where a refused token is told in a 200: a JSON pointer and what stands there then. */
  readonly refusedBy?: { readonly pointer: string; readonly values: readonly string[] };
  /** The provider may charge for the call: it is made once a consent, never at a renewal. */
  readonly mayBeBilled: boolean;
}

export type Revocation =
  /** RFC 7009 at `endpoints.revocation`, or none. */
  | {
      readonly method: 'rfc7009' | 'none';
      /** An access token that is revoked takes its whole grant with it, as a refresh token does. Absent: only itself. */
      readonly accessEndsGrant?: true;
    }
  /**
   * A `DELETE` below the API, with the app's HTTP Basic authentication (so never without a secret) and a living access
   * token in a JSON body. Paths have `{client_id}` in them.
   */
  | {
      readonly method: 'delete_by_access_token';
      /** Ends what the user gave to the app, with all its tokens. */
      readonly grantPath: string;
      /** Ends this token alone. */
      readonly tokenPath: string;
    };

export interface CallbackRules {
  /** The loopback host that callbacks must be registered with. */
  readonly loopbackHost: '127.0.0.1' | 'localhost' | 'any';
  /** Absent: no limit is known. */
  readonly registeredMax?: number;
}

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
