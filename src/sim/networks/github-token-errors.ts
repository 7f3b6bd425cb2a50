import type { Settings } from '../settings.ts';
import type { ErrorAnswer, TokenProblem } from './network.ts';
import { USER_ERRORS } from './standard.ts';

const TROUBLE =
  'https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/';
const DEVICE_TROUBLE = 'https://docs.github.com/developers/apps/authorizing-oauth-apps#error-codes-for-the-device-flow';

const badCode = {
  status: 400,
  error: 'bad_verification_code',
  description: 'The code passed is incorrect or expired.',
  uri: `${TROUBLE}#bad-verification-code`,
} as const;

const badClient = {
  status: 401,
  error: 'incorrect_client_credentials',
  description: 'The client_id and/or client_secret passed are incorrect.',
  uri: `${TROUBLE}#incorrect-client-credentials`,
} as const;

/**
 * What GitHub's token endpoint says; with which status (200, but for a disabled device flow) is a quirk of its own.
 * Documented or recorded, but for what a wrong verifier and a missing parameter are answered with: nobody has confirmed that.
 */
const ANSWERS = {
  refresh_token_refused: {
    status: 400,
    error: 'bad_refresh_token',
    description: 'The refresh token passed is incorrect or expired.',
    uri: `${TROUBLE}#bad-verification-code`,
  },
  code_refused: badCode,
  redirect_uri_differs: {
    status: 400,
    error: 'redirect_uri_mismatch',
    description: 'The redirect_uri MUST match the registered callback URL for this application.',
    uri: `${TROUBLE}#redirect-uri-mismatch2`,
  },
  verifier_differs: badCode,
  client_not_authenticated: badClient,
  client_unknown: badClient,
  grant_unsupported: { status: 400, error: 'unsupported_grant_type', uri: DEVICE_TROUBLE },
  parameter_missing: badCode,
  // Nothing there is exchanged by its age.
  token_too_young: badCode,
  device_pending: {
    status: 400,
    error: 'authorization_pending',
    description: 'The authorization request is still pending.',
    uri: DEVICE_TROUBLE,
  },
  device_asked_too_often: {
    status: 400,
    error: 'slow_down',
    description: 'Too many requests have been made in the same timeframe.',
    uri: 'https://docs.github.com',
  },
  device_code_over: { status: 400, error: 'expired_token', description: 'The device_code has expired.' },
  device_denied: { status: 400, error: 'access_denied', description: 'The authorization request was denied.' },
  device_code_unknown: {
    status: 400,
    error: 'incorrect_device_code',
    description: 'The device_code provided is not valid.',
  },
  device_flow_disabled: {
    status: 400,
    error: 'device_flow_disabled',
    description: 'Device Flow must be explicitly enabled for this App',
  },
  // Nobody has seen what it says to these.
  ...USER_ERRORS,
} as const satisfies Record<TokenProblem, ErrorAnswer>;

export function githubTokenError(problem: TokenProblem, _settings: Settings, parameter: string): ErrorAnswer {
  if (problem === 'parameter_missing' && parameter === 'refresh_token') return ANSWERS.refresh_token_refused;
  if (problem === 'parameter_missing' && parameter === 'client_id') return badClient;
  if (problem === 'parameter_missing' && parameter === 'grant_type') return ANSWERS.grant_unsupported;
  return ANSWERS[problem];
}
