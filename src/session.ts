/**
 * Cookie mode: tokens sealed in the cookies of each user's browser, renewed exactly once.
 *
 * @module kippu/session
 */

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
