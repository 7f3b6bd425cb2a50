import type { Records } from '../records.ts';

/** Where Kippu's processes of a run keep their tokens. */
export interface TortureDatabase {
  /** `KIPPU_DATABASE_URL` of the processes with this data directory. */
  urlFor(home: string): string;
  /** To be called when the tables are there. */
  records(): Records;
  /** What can be done to it; absent where it is a file. */
  readonly server: DatabaseServer | undefined;
  close(): Promise<void>;
}

/** A database that is somewhere else, so that it, or the way to it, can go away. */
export interface DatabaseServer {
  /** Ends it, as `how` says, and starts it again after a while. Resolves when it takes connections. */
  restart(how: DatabaseEnd, downMs: number): Promise<void>;
  /** Cuts the way of one node to it; what is returned makes it good again. */
  cut(node: string, how: CutKind): () => void;
}

/** `immediate`: as `pg_ctl stop -m immediate`. `kill`: as if its machine had lost its power. */
export const DATABASE_ENDS = ['immediate', 'kill'] as const;
export type DatabaseEnd = (typeof DATABASE_ENDS)[number];

/** `reset`: connections break, and no new one comes up. `silence`: everything is taken, and nothing comes out. */
export const CUT_KINDS = ['reset', 'silence'] as const;
export type CutKind = (typeof CUT_KINDS)[number];

/** The node that a data directory belongs to: `b-2` is the second one of node b, after the first was given up. */
export function nodeOf(home: string): string {
  return home.split('-')[0] ?? home;
}
