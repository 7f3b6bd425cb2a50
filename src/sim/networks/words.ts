import type { ErrorAnswer } from './network.ts';
import type { Words } from './standard.ts';

/** What Microsoft says besides its code: the number stands in the text and in `error_codes`. */
function aadsts(error: string, code: number, text: string): ErrorAnswer {
  const more = {
    error_codes: [code],
    timestamp: '2026-01-01 00:00:00Z',
    trace_id: 'a-trace',
    correlation_id: 'a-call',
  };
  return { status: 400, error, description: `AADSTS${code}: ${text}`, more };
}

function meta(code: string, description: string): ErrorAnswer {
  return { status: 400, error: '190', code, description };
}

/** Code 190 is recorded; what Meta answers to anything else than a dead token is not confirmed, and code 100 an assumption. */
const META: Words = {
  token: {
    refresh_token_refused: meta('463', 'Error validating access token: Session has expired.'),
    code_refused: { status: 400, error: '100', description: 'This authorization code cannot be used.' },
    redirect_uri_differs: { status: 400, error: '100', description: 'The redirect URI is another one.' },
    verifier_differs: { status: 400, error: '100', description: 'The code verifier is another one.' },
    client_not_authenticated: { status: 400, error: '101', description: 'The app could not be validated.' },
    client_unknown: { status: 400, error: '101', description: 'The app could not be validated.' },
    parameter_missing: { status: 400, error: '100', description: 'A parameter is missing.' },
    grant_unsupported: { status: 400, error: '100', description: 'This grant type is not supported.' },
    token_too_young: { status: 400, error: '100', description: 'The token is too young to be renewed.' },
  },
  dead: {
    '190': { status: 401, error: '190', description: 'Invalid OAuth access token.' },
    '458': meta('458', 'Error validating access token: The user has not authorized the application.'),
    '460': meta('460', 'Error validating access token: The session was invalidated because the password was changed.'),
    '463': meta('463', 'Error validating access token: Session has expired.'),
    '467': meta('467', 'Error validating access token: The session has been invalidated.'),
  },
  api: {
    status: 401,
    body: {
      error: {
        message: 'Error validating access token: Session has expired.',
        type: 'OAuthException',
        code: 190,
        error_subcode: 463,
        fbtrace_id: 'A-simulated-trace',
      },
    },
  },
};

const REFUSED =
  'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.';
const UNAUTHENTICATED =
  'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.';

/** GitLab and Mastodon are built on the same library, and say the same. */
const DOORKEEPER: Words = {
  token: {
    refresh_token_refused: { status: 400, error: 'invalid_grant', description: REFUSED },
    code_refused: { status: 400, error: 'invalid_grant', description: REFUSED },
    redirect_uri_differs: { status: 400, error: 'invalid_grant', description: REFUSED },
    client_not_authenticated: { status: 401, error: 'invalid_client', description: UNAUTHENTICATED },
    client_unknown: { status: 401, error: 'invalid_client', description: UNAUTHENTICATED },
  },
};

/** The words of the providers whose API nobody plays closer, by their id. Texts that nobody has confirmed are the RFC's. */
export const WORDS: Readonly<Record<string, Words>> = {
  google: {
    token: {
      refresh_token_refused: {
        status: 400,
        error: 'invalid_grant',
        description: 'Token has been expired or revoked.',
      },
    },
    dead: {
      invalid_rapt: {
        status: 400,
        error: 'invalid_grant',
        description: 'reauth related error (invalid_rapt)',
        more: { error_subtype: 'invalid_rapt' },
      },
      admin_policy_enforced: { status: 400, error: 'admin_policy_enforced' },
    },
    api: {
      status: 401,
      body: { error: { code: 401, message: 'Invalid Credentials', status: 'UNAUTHENTICATED' } },
    },
  },
  entra: {
    token: {
      refresh_token_refused: aadsts('invalid_grant', 700082, 'The refresh token has expired due to inactivity.'),
    },
    dead: {
      '70008': aadsts('invalid_grant', 70008, 'The refresh token has expired.'),
      '50173': aadsts('invalid_grant', 50173, 'The grant was revoked.'),
      interaction_required: aadsts('interaction_required', 50076, 'The user must sign in again.'),
      consent_required: aadsts('consent_required', 65001, 'The user or an administrator has not consented.'),
      spa: aadsts('invalid_request', 9002327, 'Tokens of a single-page application are redeemed in a browser only.'),
    },
  },
  facebook: META,
  instagram: META,
  threads: META,
  linkedin: {
    token: {
      refresh_token_refused: {
        status: 400,
        error: 'invalid_request',
        description: 'The provided authorization grant or refresh token is invalid, expired or revoked',
      },
    },
  },
  slack: {
    token: {
      refresh_token_refused: { status: 200, error: 'invalid_refresh_token', more: { ok: false } },
      code_refused: { status: 200, error: 'invalid_code', more: { ok: false } },
      client_not_authenticated: { status: 200, error: 'bad_client_secret', more: { ok: false } },
      client_unknown: { status: 200, error: 'invalid_client_id', more: { ok: false } },
    },
    api: { status: 200, body: { ok: false, error: 'invalid_auth' } },
    answerMore: { ok: true },
    tokenPrefixes: { access: 'xoxe.xoxb-', refresh: 'xoxe-1-' },
  },
  discord: { api: { status: 401, body: { message: '401: Unauthorized', code: 0 } } },
  gitlab: DOORKEEPER,
  mastodon: {
    ...DOORKEEPER,
    api: { status: 401, body: { error: 'The access token is invalid' } },
  },
  tiktok: {
    token: { refresh_token_refused: { status: 400, error: 'invalid_grant', more: { log_id: 'a-log' } } },
    dead: { access_token_invalid: { status: 400, error: 'access_token_invalid', more: { log_id: 'a-log' } } },
  },
  dropbox: {
    token: {
      refresh_token_refused: {
        status: 400,
        error: 'invalid_grant',
        description: 'refresh token is invalid or revoked',
      },
      code_refused: { status: 400, error: 'invalid_grant', description: "code doesn't exist or has expired" },
    },
  },
  atlassian: {
    token: {
      refresh_token_refused: { status: 403, error: 'unauthorized_client', description: 'refresh_token is invalid' },
      client_not_authenticated: { status: 401, error: 'access_denied', description: 'Unauthorized' },
      client_unknown: { status: 401, error: 'access_denied', description: 'Unauthorized' },
    },
    dead: {
      invalid_grant: { status: 403, error: 'invalid_grant', description: 'Unknown or invalid refresh token.' },
    },
  },
  zoom: {
    dead: { invalid_request: { status: 400, error: 'invalid_request', more: { reason: 'Invalid Token!' } } },
  },
  salesforce: {
    token: {
      refresh_token_refused: {
        status: 400,
        error: 'invalid_grant',
        description: 'expired access/refresh token',
      },
    },
    dead: { inactive_user: { status: 400, error: 'invalid_grant', description: 'inactive user' } },
    api: {
      status: 401,
      body: [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }],
    },
  },
  spotify: { token: { refresh_token_refused: { status: 400, error: 'invalid_grant' } } },
};
