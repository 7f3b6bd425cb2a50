import type { ProcessIdentity } from './processes.ts';

/**
 * What a store refuses, whoever asks, and whichever process opened it when: `claims` are renewals, posts and exchanges that
 * are not begun yet; what is under way is still settled. `writes` are all.
 */
export type Refused = 'nothing' | 'claims' | 'writes';

/**
 * One store's side of a move into another one, which may be of another engine. For the store that is left it is a way of no
 * return in three steps: `refuse('claims')`, wait until nothing is under way, `refuse('writes')`. Only then may the other
 * one be filled: of two stores that renew the same tokens, each would end the grants of the other.
 */
export interface StoreMove {
  /**
   * Durable, and for every process, also for those that opened the store before: they get `store_copied`. `stamp` says what
   * became of this store; absent: nothing did. `false`: it is not stamped as it `was` any more, and nothing was changed.
   */
  refuse(
    refused: Refused,
    stamps: { readonly was: string | undefined; readonly now: string | undefined },
  ): Promise<boolean>;
  /** What was begun and has no outcome yet. */
  underWay(): Promise<readonly UnderWay[]>;
  /** Of one table, as they are stored, in the order of its key, after the given one. */
  rows(table: string, after: StoredRow | undefined, limit: number): Promise<readonly StoredRow[]>;
  /** The highest number that an event has had, also one that is forgotten. */
  lastSequence(): Promise<number>;
  isEmpty(): Promise<boolean>;
  /**
   * Takes over everything in one transaction: whoever opens this store sees all of it or nothing. It is at home here then.
   * Throws `conflict` if there is something in it.
   */
  receive(from: MovedRows): Promise<void>;
}

export interface MovedRows {
  readonly lastSequence: number;
  /** All rows of one table; may be asked for again. */
  pages(table: string): AsyncIterable<readonly StoredRow[]>;
  /** Asked last, before the commit: throws if somebody has made the other store the real one again. */
  confirm(): Promise<void>;
}

export type StoredRow = Readonly<Record<string, null | number | bigint | string | Uint8Array>>;

export interface UnderWay {
  readonly what: 'exchange' | 'post' | 'consent';
  /** Absent: not recorded. */
  readonly sender: ProcessIdentity | undefined;
}

const IS_MOVED = 'is being moved to ';
const WAS_MOVED = 'was moved to ';

/** What a store is stamped with while it is emptied, and afterwards. `place` ends with the identity of the other store. */
export function movingTo(place: string): string {
  return `${IS_MOVED}${place}`;
}

export function movedTo(place: string): string {
  return `${WAS_MOVED}${place}`;
}

/** Another store is the real one: this one may have been overtaken, whatever its user says. */
export function wasMoved(stamp: string | undefined): boolean {
  return stamp?.startsWith(WAS_MOVED) === true;
}

/** The other store's URL as it may be shown, from either stamp. `undefined`: it is not stamped with a move. */
export function placeOf(stamp: string | undefined): string | undefined {
  const verb = [IS_MOVED, WAS_MOVED].find((words) => stamp?.startsWith(words));
  return verb === undefined ? undefined : stamp?.slice(verb.length).replace(/ \([^()]*\)$/, '');
}
