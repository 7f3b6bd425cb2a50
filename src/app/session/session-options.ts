import {
  anything,
  bytes,
  callable,
  flag,
  objectOf,
  oneOf,
  orEmpty,
  hidden,
  text,
  type Check,
} from '../../providers/shape.ts';
import { openerOr, providerApps } from '../option-checks.ts';
import type { SessionOptions } from './session.ts';

const CHECKS = {
  publicUrl: text,
  keys: orEmpty(hidden),
  providers: providerApps,
  ledger: openerOr('memory'),
  renewal: flag,
  basePath: orEmpty(text),
  lifetime: oneOf('persistent', 'browser'),
  sameSite: oneOf('lax', 'strict'),
  keepIdToken: flag,
  maxCookieBytes: bytes,
  home: text,
  timing: anything,
  onReuse: callable,
  log: anything,
} as const satisfies Readonly<Record<keyof SessionOptions, Check>>;

/** Throws `invalid` for what no option can be, and for an option that there is not: it would silently do nothing. */
export const checkSessionOptions: Check = objectOf(CHECKS, ['publicUrl', 'providers']);
