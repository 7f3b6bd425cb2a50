import { KippuError } from '../../model/errors.ts';

/** What an error of the driver or the server means for the operation that met it. */
export type Failure =
  /** Two transactions were in each other's way: the same again may succeed. */
  | 'conflict'
  /** The server is away, restarting, or not the one that may be written. */
  | 'away'
  /** The server is there and cannot do it now: full disk, too many connections, a lock that is held too long. */
  | 'unable'
  /** The statement's own: a constraint that it breaks, or a defect of ours. */
  | 'own';

/** Something between here and the server broke, or never stood. The driver has no codes for that: where it was met tells. */
export class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super(wordsOf(cause), { cause });
    this.name = 'ConnectionLost';
  }
}

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const UNIQUE_VIOLATION = '23505';
const UNDEFINED_TABLE = '42P01';
/** The server goes down, comes up, or has become a standby, which reads only. */
const AWAY: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25006']);
/** A lock or a statement that took too long; no such database; no permission; the database is being dropped. */
const UNABLE: ReadonlySet<string> = new Set(['55P03', '57014', '3D000', '42501', '57P04']);
/** Classes: 28 authentication, 53 resources, 58 the system below, XX the server itself. */
const UNABLE_CLASSES: ReadonlySet<string> = new Set(['28', '53', '58', 'XX']);

export function failureOf(error: unknown): Failure {
  if (error instanceof ConnectionLost) return 'away';
  const state = stateOf(error);
  if (state === undefined) return 'own';
  if (state === SERIALIZATION_FAILURE || state === DEADLOCK_DETECTED) return 'conflict';
  if (AWAY.has(state) || state.startsWith('08')) return 'away';
  return UNABLE.has(state) || UNABLE_CLASSES.has(state.slice(0, 2)) ? 'unable' : 'own';
}

/** A row that is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return stateOf(error) === UNIQUE_VIOLATION;
}

/** The schema is not there, or not yet this far. */
export function isMissingTable(error: unknown): boolean {
  return stateOf(error) === UNDEFINED_TABLE;
}

/** The five characters of an SQLSTATE. Absent: the error does not come from the server. */
export function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Why, in the words of the driver or the server: they name hosts, roles and constraints, and no value of a row. */
export function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map((each) => wordsOf(each)))].join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** `commit`: the connection was lost after the commit was sent and before it was acknowledged. */
export function unavailable(error: unknown, during: 'work' | 'commit' = 'work'): KippuError {
  const outcome =
    during === 'work'
      ? 'Nothing was changed; try again.'
      : 'That was while it committed, so whether it was written is not known: look before it is repeated.';
  return new KippuError('store_unavailable', `PostgreSQL cannot be used now: ${wordsOf(error)}. ${outcome}`, {
    cause: error,
  });
}
