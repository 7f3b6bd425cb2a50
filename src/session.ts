/** Cookie mode: `import { createSession } from 'kippu/session'`. */
export { createSession } from './app/session/create-session.ts';
export type {
  Reuse,
  Session,
  SessionIdToken,
  SessionIdTokenOptions,
  SessionOptions,
  SessionRequest,
  SessionToken,
  SessionTokenOptions,
  SignedInUser,
} from './app/session/session.ts';
export { KippuError, type ErrorCode } from './model/errors.ts';
