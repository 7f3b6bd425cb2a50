import type { Settings } from '../settings.ts';
import type { ErrorAnswer, TokenProblem } from './network.ts';

const unauthorized = { status: 401, error: 'access_denied', description: 'Unauthorized' } as const;

/**
 * What Auth0's token endpoint says. Documented, in its own SDKs, or recorded; but nobody has confirmed the words for a
 * wrong verifier, a grant type that is not allowed, an unknown grant type and a missing parameter, nor the status of
 * `mfa_required`.
 */
const ANSWERS = {
  refresh_token_refused: { status: 403, error: 'invalid_grant', description: 'Unknown or invalid refresh token.' },
  code_refused: { status: 403, error: 'invalid_grant', description: 'Invalid authorization code' },
  redirect_uri_differs: { status: 403, error: 'invalid_grant', description: 'Invalid authorization code' },
  verifier_differs: { status: 403, error: 'invalid_grant', description: 'Failed to verify code verifier' },
  client_not_authenticated: unauthorized,
  client_unknown: unauthorized,
  grant_unsupported: { status: 403, error: 'unsupported_grant_type' },
  parameter_missing: { status: 400, error: 'invalid_request' },
  device_pending: {
    status: 403,
    error: 'authorization_pending',
    description: 'User has yet to authorize device code.',
  },
  device_asked_too_often: {
    status: 429,
    error: 'slow_down',
    description: 'You are polling faster than the specified interval of 5 seconds.',
  },
  device_code_over: { status: 403, error: 'expired_token', description: 'The device code has expired.' },
  device_denied: { status: 403, error: 'access_denied', description: 'User cancelled the confirmation prompt.' },
  device_code_unknown: { status: 403, error: 'invalid_grant', description: 'Invalid or expired device code.' },
  device_flow_disabled: {
    status: 403,
    error: 'unauthorized_client',
    description: "Grant type 'urn:ietf:params:oauth:grant-type:device_code' not allowed for the client.",
  },
  grant_not_allowed: {
    status: 403,
    error: 'unauthorized_client',
    description: "Grant type 'refresh_token' not allowed for the client.",
  },
  user_blocked: { status: 403, error: 'unauthorized', description: 'user is blocked' },
  user_deleted: {
    status: 403,
    error: 'invalid_grant',
    description: "The refresh_token was generated for a user who doesn't exist anymore.",
  },
  token_too_young: { status: 400, error: 'invalid_request' },
  second_factor_wanted: {
    status: 403,
    error: 'mfa_required',
    description: 'Multifactor authentication required',
  },
} as const satisfies Record<TokenProblem, ErrorAnswer>;

export function auth0TokenError(problem: TokenProblem, settings: Settings, parameter: string): ErrorAnswer {
  if (problem === 'user_blocked') return { ...ANSWERS.user_blocked, status: settings.userBlockedStatus };
  if (problem === 'second_factor_wanted') return { ...ANSWERS.second_factor_wanted, status: settings.mfaStatus };
  if (problem === 'parameter_missing')
    return { ...ANSWERS.parameter_missing, description: `Missing required parameter: ${parameter}` };
  return ANSWERS[problem];
}
