import { KippuError } from '../model/errors.ts';
import type { Home } from '../model/home-store.ts';
import { placeOf, wasMoved } from '../model/store-move.ts';

/** Why a store is not the real one, so that nothing may be renewed from it. `why` says it in a sentence. */
export type Copied =
  /** It may be the original all the same: only a person can say so. */
  | { readonly kind: 'copied'; readonly why: string }
  /** `moving`: nothing has left it yet. `moved`: the database at `place` is the real one. */
  | { readonly kind: 'moving' | 'moved'; readonly why: string; readonly place: string };

/** A copy would present refresh tokens that the real store has spent, or spend those that it needs. */
export function copiedBecause({ stamp, identity: recorded }: Home, identity: string | undefined): Copied | undefined {
  const place = placeOf(stamp);
  if (stamp !== undefined && place !== undefined)
    return { kind: wasMoved(stamp) ? 'moved' : 'moving', why: `this store ${stamp}`, place };
  if (stamp !== undefined)
    return { kind: 'copied', why: `this store ${stamp.startsWith('backup') ? 'is a ' : ''}${stamp}` };
  if (recorded !== identity) return { kind: 'copied', why: 'this store was copied or moved here from another place' };
  return undefined;
}

/** What is thrown at whoever would renew, or post, from a copy. */
export function heldStore(copied: Copied): KippuError {
  return new KippuError('store_copied', `Nothing is renewed or posted: ${copied.why}. ${whatToDo(copied)}`);
}

function whatToDo(copied: Copied): string {
  switch (copied.kind) {
    case 'copied':
      return (
        "Two stores that renew the same tokens log each other's users out. " +
        'If this one is the real one from now on, run `kippu adopt`.'
      );
    case 'moving':
      return 'If `kippu migrate-store` does not run any more, give it again: it goes on.';
    case 'moved':
      return 'Start Kippu with the other one (KIPPU_DATABASE_URL).';
  }
}
