import type { Settings } from '../settings.ts';
import type { User } from '../state.ts';
import type { Reply, SimRequest } from '../wire.ts';
import type { Decision, World } from '../world.ts';

/** What can be wrong with a request to the token or the revocation endpoint. */
export type TokenProblem =
  | 'refresh_token_refused'
  | 'code_refused'
  | 'redirect_uri_differs'
  | 'verifier_differs'
  | 'client_not_authenticated'
  | 'client_unknown'
  | 'grant_unsupported'
  | 'parameter_missing'
  | 'token_too_young'
  | 'device_pending'
  | 'device_asked_too_often'
  | 'device_code_over'
  | 'device_denied'
  | 'device_code_unknown'
  | 'device_flow_disabled'
  | 'grant_not_allowed'
  | 'user_blocked'
  | 'user_deleted'
  | 'second_factor_wanted';

export interface ErrorAnswer {
  readonly status: number;
  readonly error: string;
  readonly description?: string;
  /** RFC 6749, section 5.2. */
  readonly uri?: string;
  /** What Meta calls `error_subcode`. */
  readonly code?: string;
  /** Fields besides. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** One of the resource API's calls, found by its method and path. */
export interface NetworkCall {
  /** The name that faults and rate limits know it by. */
  readonly endpoint: string;
  answer(world: World, request: SimRequest): Decision;
}

export interface DeviceManners {
  /** Whether there is a `verification_uri_complete`. */
  readonly hasCompleteUri: boolean;
  /** That a code is over is said once; from then on it is an unknown one. */
  readonly saysOverOnce: boolean;
  /** Whether `slow_down` says the new interval. */
  readonly saysInterval: boolean;
}

/** What is not in the provider's data because only the other side needs it: error texts, and the resource API. */
export interface Network {
  /** Whether one can post there: what the pages show depends on it. */
  readonly takesPosts?: boolean;
  /** The addresses under which people look at a post: here, all of them are on the simulator's own page. */
  readonly postPage?: RegExp;
  /** What the texts of tokens begin with. */
  readonly tokenPrefixes?: Readonly<Record<'access' | 'refresh', string>>;
  /** The user's id in tokens and in the who-am-I call. Absent: the simulator's own. */
  readonly subject?: (user: User) => string;
  /** What is not as RFC 8628 has it. */
  readonly device?: DeviceManners;
  /** What a revocation is answered with. */
  readonly revoked?: Reply;
  /** Counts a request, and answers for itself what is one too many. */
  readonly limited?: (world: World, endpoint: string, answer: () => Decision) => Decision;
  /** What a token answer has besides the standard fields. */
  readonly answerMore?: Readonly<Record<string, unknown>>;
  tokenError(problem: TokenProblem, settings: Settings, parameter: string): ErrorAnswer;
  call(method: string, path: string): NetworkCall | undefined;
}
