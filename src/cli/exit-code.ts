import type { ErrorCode } from '../model/errors.ts';

/** What a script branches on. Fixed: see the help of `kippu`. */
export const EXIT = { done: 0, failed: 1, misused: 2, consentNeeded: 3, notNow: 4, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_ERROR = {
  reauth_required: EXIT.consentNeeded,
  revoked: EXIT.consentNeeded,
  unavailable: EXIT.notNow,
  uncertain: EXIT.notNow,
  rate_limited: EXIT.notNow,
  store_unavailable: EXIT.notNow,
  invalid: EXIT.misused,
  refused: EXIT.failed,
  misconfigured: EXIT.failed,
  not_found: EXIT.failed,
  conflict: EXIT.failed,
  unauthenticated: EXIT.failed,
  forbidden: EXIT.failed,
  unreadable: EXIT.failed,
  wrong_key_ring: EXIT.failed,
  store_copied: EXIT.failed,
  consent_failed: EXIT.failed,
  id_token_invalid: EXIT.failed,
  cannot_rotate: EXIT.failed,
  too_large: EXIT.failed,
  not_installed: EXIT.failed,
  internal: EXIT.failed,
} as const satisfies Record<ErrorCode, ExitCode>;

export function exitCodeOf(code: ErrorCode): ExitCode {
  return BY_ERROR[code];
}
