import type { ReauthReason } from '../model/connection.ts';
import type { TokenCarrier } from '../model/token-set.ts';
import type { Quirks } from './quirks.ts';

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
  /**
   * Further origins on which the provider runs APIs that take the same tokens. Each is named: whoever can answer on one
   * of them gets every token. Not in force at a base URL, or on a customer's host. Default: none.
   */
  readonly apiOrigins?: readonly string[];
  readonly scopes: Scopes;
  readonly clientAuth: ClientAuth;
  /** Authorization requests are refused unless they were pushed first (RFC 9126, section 5). Default: `false`. */
  readonly requirePushed?: boolean;
  /** Every authorization answer names its issuer in `iss` (RFC 9207, section 3); one without it is refused. Default: `false`. */
  readonly authorizationResponseIssuer?: boolean;
  /** Tokens are bound to a key of their own (RFC 9449). Absent: they are bearer tokens. */
  readonly dpop?: Dpop;
  /** `S256` is sent with every authorization request; `none` where the provider refuses the parameters. */
  readonly pkce: 'S256' | 'none';
  /** Parameters that the RFCs leave to the client, and without which the provider refuses its authorization request. */
  readonly demands?: readonly ('state' | 'code_challenge')[];
  /** Parameters of the authorization request that this provider needs besides the standard ones. */
  readonly authorizationParams?: Readonly<Record<string, string>>;
  /** How an app gets a token of its own, without a user (RFC 6749, section 4.4). Absent: it gets none. */
  readonly appOnly?: AppOnly;
  /** How a static API key is carried to the API. Absent: `Authorization: Bearer`. */
  readonly apiKey?: TokenCarrier;
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
  /** How ID tokens are checked (OpenID Connect Core, section 3.1.3.7). Absent: none is ever handed out. */
  readonly idToken?: IdTokenRules;
  /** What an app may be configured with here, and the parameter that each is sent as. Absent: nothing but the standard. */
  readonly appParameters?: AppParameters;
  readonly revocation: Revocation;
  /** The provider's own call that tells whether an access token lives. Absent: introspection, where there is an endpoint. */
  readonly accessCheck?: AccessCheck;
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

/** Where the provider is asked, by purpose. */
export interface Endpoints {
  /**
   * The issuer identifier (RFC 8414, section 2), to the letter: what `iss` says and what assertions are made out to.
   * Absent: the origin of the token endpoint.
   */
  readonly issuer?: string;
  /** Empty where users cannot be connected: then nobody is ever sent there. */
  readonly authorization: string;
  /** Empty where there are static keys alone. */
  readonly token: string;
  readonly revocation?: string;
  /** Where authorization requests are pushed to (RFC 9126). Absent: they travel in the browser's address. */
  readonly pushedAuthorization?: string;
  /** Where it is asked what a token is good for (RFC 7662). */
  readonly introspection?: string;
  /** Where a device code is asked for (RFC 8628, section 3.1). Absent: there is no device flow. */
  readonly deviceCode?: string;
  /** Where a user types his code. For the simulator and for texts; the answer's own `verification_uri` decides. */
  readonly devicePage?: string;
  /** Where the keys are published that ID tokens are signed with (RFC 7517). */
  readonly jwks?: string;
  /** Where the provider describes itself (OpenID Connect Discovery). For the simulator; nothing here asks for it. */
  readonly discovery?: string;
  /** Where an access token is exchanged for its successor, where that is how it is renewed. */
  readonly renewal?: string;
  /** Where the short-lived token of a consent is exchanged for a long-lived one. */
  readonly upgrade?: string;
  /** Origin of the call that says whose token it is, where it is not the API's. */
  readonly identity?: string;
  /** Where the resource API lives; `kippu call` and the proxy speak to this origin only. */
  readonly api: string;
}

/** That the provider also runs on its customers' own hosts. */
export interface Hosting {
  /** The first whose `suffix` the host's name ends in. Endpoints keep their paths; the API is at `api`, with the name for `{host}`. */
  readonly hosts: readonly {
    readonly suffix: string;
    readonly api: string;
    /** Differs there. */
    readonly pkce?: Provider['pkce'];
  }[];
  /** Path of the resource API where one base URL stands for everything. Empty: it is that URL itself. */
  readonly apiBelowBaseUrl: string;
  /** The provider runs on its customers' hosts alone: the addresses in `endpoints` are nobody's. Default: `false`. */
  readonly required?: boolean;
  /** What the host is called in the configuration, as in `KIPPU_AUTH0_DOMAIN`. Default: `host`. */
  readonly setting?: 'host' | 'domain';
}

/** The permissions there are, and which are asked for when nobody chooses. */
export interface Scopes {
  readonly separator: ' ' | ',';
  /** Where the answer separates them in another way than the request. */
  readonly separatorInAnswer?: ' ' | ',';
  /** The scope that makes the provider hand out a refresh token; always asked for unless refused. */
  readonly offline?: string;
  /** Always asked for: without them nobody learns whose account it is. */
  readonly always?: readonly string[];
  /** Named sets by use; `default` is taken when nobody chooses. */
  readonly presets: Readonly<Record<string, readonly string[]>> & { readonly default: readonly string[] };
  /** All scopes the documentation names: an unknown one is warned about, not refused. Empty: nobody has listed them. */
  readonly known: readonly string[];
  /** The provider, or the APIs behind it, have more than anybody lists: one that is not `known` is as good as one that is. */
  readonly isOpen?: boolean;
}

/** How an app says who it is (RFC 6749, section 2.3). */
export interface ClientAuth {
  /** How an app with a secret authenticates. An app without one sends its `client_id` in the body. */
  readonly confidential: 'basic' | 'body';
  /** Whether an app may authenticate with a key instead of a secret (RFC 7523, section 2.2). Absent: it may not. */
  readonly privateKeyJwt?: PrivateKeyJwt;
}

/** The signatures that are made here. RFC 8414 names them in `…_signing_alg_values_supported`. */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** How an app signs instead of sending a secret (RFC 7523, section 2.2). */
export interface PrivateKeyJwt {
  readonly algorithms: readonly SigningAlgorithm[];
  /** Whom assertions are made out to. */
  readonly audience: 'issuer' | 'token_endpoint';
}

/** That tokens can be bound to a key (RFC 9449). */
export interface Dpop {
  /** Of which the first is used. */
  readonly algorithms: readonly [SigningAlgorithm, ...SigningAlgorithm[]];
}

/** Tokens for the app itself, without a user (RFC 6749, section 4.4). */
export interface AppOnly {
  /** What the request needs besides the standard parameters, as in `audience`. */
  readonly params?: Readonly<Record<string, string>>;
}

/** How long an access token lives, and how that is told. */
export interface AccessLifetime {
  /** The usual lifetime, for the simulator and for texts; the answer's own `expires_in` decides. */
  readonly lifetimeMs: number;
  /** What an answer without `expires_in` means. */
  readonly whenMissing: 'never' | 'unknown';
  /** Whoever takes it checks its signature and asks nobody: no renewal and no revocation ends it early. Default: `false`. */
  readonly selfContained?: boolean;
  /** `false`: no answer says how long (`expires_in`). Absent: every one does. */
  readonly isAnswered?: false;
}

/** What a renewal does to the refresh token, and when one ends by itself. */
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
  /** An app's own settings at the provider decide these: they may be configured here too (`KIPPU_<ID>_…`). Default: none. */
  readonly configurable?: boolean;
  /** A renewal that names no scopes may bring more than was granted: the granted ones are sent along. Default: `false`. */
  readonly omittedScopeWidens?: boolean;
  /** What a consent needs, at the provider and in the request, to bring a refresh token: for whoever wonders where it is. */
  readonly needs?: readonly RefreshNeed[];
  /**
   * The refresh token in the answer to a renewal. Absent: `new` where it works once, `none` where it may be presented
   * again. `sometimes` a new one, and else the old one stays.
   */
  readonly answered?: RefreshAnswered;
  /** Parameters without which a consent brings no refresh token; `authorizationParams` have them. */
  readonly needsParams?: Readonly<Record<string, string>>;
  /** For an app that its console calls a test: counted from the consent, with `KIPPU_<ID>_TESTING=1`. */
  readonly testingAbsoluteMs?: number;
  /** Where a user sees what he gave to whom, and takes it back: the next consent is a first one again. */
  readonly consentsUrl?: string;
}

/**
 * `offline_scope`: asked for. `api_offline_access`, `refresh_token_grant`: switched on for the API and for the app.
 * `first_consent`: the user has not consented to the app before, or has taken it back at `consentsUrl`.
 */
export const REFRESH_NEEDS = ['offline_scope', 'api_offline_access', 'refresh_token_grant', 'first_consent'] as const;
export type RefreshNeed = (typeof REFRESH_NEEDS)[number];

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

/** That a token is exchanged for another by a call of the provider's own. */
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
  /** A part of the description, where the rest of it varies. */
  readonly descriptionPart?: string;
  /** What the body names the error by besides: one of `error_codes`, `error_subtype`, `error_subcode`. */
  readonly code?: string;
  readonly means:
    | { readonly kind: 'rejected'; readonly reason: ReauthReason }
    | { readonly kind: 'misconfigured' }
    | { readonly kind: 'unavailable' }
    /** The authorization code, redirect URI or verifier is refused: only a fresh consent can meet it. */
    | { readonly kind: 'code_refused' };
}

/** The call that says whose token it is. */
export interface Identity {
  /** Path below the API origin of the call that says whose token it is. Empty: there is no such call, and users have no name. */
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

/** Signatures with a key pair. None that a public key could forge, and never none at all. */
export const ID_TOKEN_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
export type IdTokenAlgorithm = (typeof ID_TOKEN_ALGORITHMS)[number];

/** The issuer is `endpoints.issuer`, the keys are at `endpoints.jwks`, the audience is the app's client id. */
export interface IdTokenRules {
  readonly algorithms: readonly [IdTokenAlgorithm, ...IdTokenAlgorithm[]];
  /** The usual lifetime, for the simulator and for texts; `exp` decides. */
  readonly lifetimeMs: number;
  /** The claims that name the organization that the user signed in to, where one was asked for: by its id, or by its name. */
  readonly organization?: { readonly idPrefix: string; readonly id: string; readonly name: string };
}

/** What an app sends along that is its own choice. */
export interface AppParameters {
  /** The API that access tokens are for. Sent with the browser's request and with the device's. */
  readonly audience?: string;
  /** Where the user signs in. Sent with the browser's request. */
  readonly organization?: string;
}

/** How a token is given back, and what ends with it. */
export type Revocation =
  /** RFC 7009 at `endpoints.revocation`, or none. */
  | { readonly method: 'none' }
  | {
      readonly method: 'rfc7009';
      /** Only refresh tokens can be revoked. Default: `false`. */
      readonly refreshTokensOnly?: boolean;
      /** Whether it ends the whole grant, or that token alone. Default: `grant`. */
      readonly ends?: 'grant' | 'token';
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

/**
 * A `POST` below the API, with the app's HTTP Basic authentication (so never without a secret) and the access token in a
 * JSON body: 200 for one that lives, 404 for one that does not. The path has `{client_id}` in it.
 */
export interface AccessCheck {
  readonly path: string;
}

/** What the provider demands of a callback address. */
export interface CallbackRules {
  /** The loopback host that callbacks must be registered with. */
  readonly loopbackHost: '127.0.0.1' | 'localhost' | 'any';
  /** Absent: no limit is known. */
  readonly registeredMax?: number;
}
