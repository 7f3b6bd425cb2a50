import type { Settings } from '../settings.ts';
import type { ErrorAnswer, TokenProblem } from './network.ts';
import { DEVICE_ERRORS, USER_ERRORS } from './standard.ts';

/**
 * What X's token endpoint answers. Recorded by six independent code bases, but for `verifier_differs` and
 * `grant_unsupported`, whose wording nobody has confirmed, and `client_unknown`, seen with both statuses.
 */
const ANSWERS = {
  refresh_token_refused: {
    status: 400,
    error: 'invalid_request',
    description: 'Value passed for the token was invalid.',
  },
  code_refused: {
    status: 400,
    error: 'invalid_request',
    description: 'Value passed for the authorization code was invalid.',
  },
  redirect_uri_differs: {
    status: 400,
    error: 'invalid_request',
    description: 'Value passed for the redirect uri did not match the uri of the authorization code.',
  },
  verifier_differs: {
    status: 400,
    error: 'invalid_request',
    description: 'Value passed for the code verifier did not match the code challenge.',
  },
  client_not_authenticated: {
    status: 401,
    error: 'unauthorized_client',
    description: 'Missing valid authorization header',
  },
  client_unknown: { status: 401, error: 'invalid_client', description: 'The client is unknown.' },
  grant_unsupported: { status: 400, error: 'unsupported_grant_type' },
  parameter_missing: { status: 400, error: 'invalid_request' },
  // Nothing there is exchanged by its age.
  token_too_young: { status: 400, error: 'invalid_request' },
  // X has no device flow.
  ...DEVICE_ERRORS,
  // Nobody has seen what it says to these.
  ...USER_ERRORS,
} as const satisfies Record<TokenProblem, ErrorAnswer>;

export function xTokenError(problem: TokenProblem, settings: Settings, parameter: string): ErrorAnswer {
  if (problem === 'client_unknown') return { ...ANSWERS.client_unknown, status: settings.unknownClientStatus };
  if (problem === 'parameter_missing')
    return { ...ANSWERS.parameter_missing, description: `Missing required parameter [${parameter}].` };
  return ANSWERS[problem];
}
