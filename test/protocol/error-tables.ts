import type { Provider } from '../../src/providers/provider.ts';
import { plain } from '../support/made-up-providers.ts';

/** GitHub says it with HTTP 200, and as a form unless asked otherwise. */
export const hubLike: Provider = {
  ...plain,
  tokenErrors: [
    { status: 200, error: 'bad_refresh_token', means: { kind: 'rejected', reason: 'rejected_unknown' } },
    { status: 200, error: 'incorrect_client_credentials', means: { kind: 'misconfigured' } },
    { status: 200, error: 'bad_verification_code', means: { kind: 'code_refused' } },
  ],
};
/** Auth0 says 403 for a dead refresh token, and 401 `access_denied` for a wrong secret. */
export const tenantLike: Provider = {
  ...plain,
  tokenErrors: [
    { status: 403, error: 'invalid_grant', means: { kind: 'rejected', reason: 'rejected_unknown' } },
    { status: 401, error: 'access_denied', means: { kind: 'misconfigured' } },
  ],
};
/** Atlassian: what elsewhere is a wrong client is here, with one text, a dead refresh token. */
export const siteLike: Provider = {
  ...plain,
  tokenErrors: [
    {
      status: 403,
      error: 'unauthorized_client',
      description: 'refresh_token is invalid',
      means: { kind: 'rejected', reason: 'rejected_unknown' },
    },
  ],
};
