import { jsonReply, pathOf, type SimRequest } from '../wire.ts';
import { justReply, type Decision, type World } from '../world.ts';
import type { Provider } from '../../providers/provider.ts';
import { liveAccess } from '../bearer.ts';
import type { ErrorAnswer, Network, NetworkCall, TokenProblem } from './network.ts';

/** RFC 8628, section 3.5. */
export const DEVICE_ERRORS = {
  device_pending: { status: 400, error: 'authorization_pending' },
  device_asked_too_often: { status: 400, error: 'slow_down' },
  device_code_over: { status: 400, error: 'expired_token' },
  device_denied: { status: 400, error: 'access_denied' },
  device_code_unknown: { status: 400, error: 'invalid_grant' },
  device_flow_disabled: { status: 400, error: 'unauthorized_client' },
} as const satisfies Partial<Record<TokenProblem, ErrorAnswer>>;

/** What RFC 6749, section 5.2, has for what happens to users and apps. */
export const USER_ERRORS = {
  grant_not_allowed: { status: 400, error: 'unauthorized_client' },
  user_blocked: { status: 400, error: 'invalid_grant' },
  user_deleted: { status: 400, error: 'invalid_grant' },
  second_factor_wanted: { status: 400, error: 'invalid_grant' },
} as const satisfies Partial<Record<TokenProblem, ErrorAnswer>>;

/** RFC 6749, section 5.2. */
const ANSWERS = {
  refresh_token_refused: { status: 400, error: 'invalid_grant' },
  code_refused: { status: 400, error: 'invalid_grant' },
  redirect_uri_differs: { status: 400, error: 'invalid_grant' },
  verifier_differs: { status: 400, error: 'invalid_grant' },
  client_not_authenticated: { status: 401, error: 'invalid_client' },
  client_unknown: { status: 401, error: 'invalid_client' },
  grant_unsupported: { status: 400, error: 'unsupported_grant_type' },
  parameter_missing: { status: 400, error: 'invalid_request' },
  token_too_young: { status: 400, error: 'invalid_request' },
  ...DEVICE_ERRORS,
  ...USER_ERRORS,
} as const satisfies Record<TokenProblem, ErrorAnswer>;

/** What a provider says in its own words; where it has none of its own, the RFC's are used. */
export interface Words {
  readonly token?: Partial<Record<TokenProblem, ErrorAnswer>>;
  /** Other words for a dead grant, by the name that the switch `deadAs` calls them. */
  readonly dead?: Readonly<Record<string, ErrorAnswer>>;
  /** What the resource API says to a dead access token. */
  readonly api?: { readonly status: number; readonly body: unknown };
  readonly tokenPrefixes?: Network['tokenPrefixes'];
  readonly answerMore?: Network['answerMore'];
}

/** Errors in a provider's words or by the RFC, and a resource API that says whose token it is. */
export function standardNetwork(provider: Provider, words: Words = {}): Network {
  const { method = 'GET' } = provider.identity;
  const identityPath = identityPathOf(provider);
  const { token = {}, dead = {}, tokenPrefixes, answerMore } = words;
  return {
    ...(tokenPrefixes === undefined ? {} : { tokenPrefixes }),
    ...(answerMore === undefined ? {} : { answerMore }),
    tokenError: (problem, settings) => {
      const own = problem === 'refresh_token_refused' ? dead[settings.deadAs ?? ''] : undefined;
      return own ?? token[problem] ?? ANSWERS[problem];
    },
    call: (asked, path) =>
      asked === method && path === identityPath
        ? { endpoint: 'me', answer: (world, request) => whoAmI(world, request, words) }
        : undefined,
  } satisfies Network & { call(method: string, path: string): NetworkCall | undefined };
}

/** The API may begin below the top of its host. Empty, which no request is for: there is no such call. */
function identityPathOf({ endpoints, identity }: Provider): string {
  if (identity.path === '') return '';
  return new URL(endpoints.identity ?? endpoints.api).pathname.replace(/\/$/, '') + pathOf(identity.path);
}

function whoAmI(world: World, request: SimRequest, { api, answerMore = {} }: Words): Decision {
  const access = liveAccess(world, request);
  if (access === undefined) {
    const { status, body } = api ?? { status: 401, body: { error: 'invalid_token' } };
    return justReply(
      jsonReply(status, body, status === 401 ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {}),
    );
  }
  const { subject, handle } = world.provider.identity;
  const who = handle === subject ? {} : place(handle, access.user.handle, {});
  return justReply(jsonReply(200, { ...answerMore, ...place(subject, access.user.id, who) }));
}

/** Puts a value where a JSON pointer (RFC 6901) points, through objects only. */
function place(pointer: string, value: string, into: Record<string, unknown>): Record<string, unknown> {
  const [key = '', ...rest] = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (rest.length === 0) return { ...into, [key]: value };
  const inner = into[key];
  const object = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  return { ...into, [key]: place(`/${rest.join('/')}`, value, object) };
}
