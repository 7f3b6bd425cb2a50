import type { Mutant } from './mutation.ts';

/** Mistakes in the queries of PostgreSQL: those of SQLite's that could be made here as well, and some that only here. */
export const POSTGRES_MUTANTS: readonly Mutant[] = [];
