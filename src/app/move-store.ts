import { MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { Home } from '../model/home-store.ts';
import { newId } from '../model/ids.ts';
import type { Store } from '../model/store.ts';
import { movedTo, movingTo, wasMoved, type MovedRows, type StoredRow, type UnderWay } from '../model/store-move.ts';
import { absoluteDatabaseUrl, mayHoldData, shownDatabase } from './database-url.ts';
import { copiedBecause } from './copied.ts';
import type { Outside } from './open.ts';
import { systemProcesses } from './ports/system-processes.ts';
import { storeOpener } from './system.ts';

/** An exchange is listened to for two minutes; what has no outcome after this has lost its sender. */
const QUIET_PATIENCE_MS = 3 * MINUTE_MS;
const LOOK_AGAIN_MS = SECOND_MS / 4;
const PAGE_ROWS = 1000;

export interface StoreMoving {
  readonly from: string;
  readonly to: string;
  /** Of relative paths. */
  readonly directory: string;
  /** Told whenever it changes how much is under way in the store that is left. */
  readonly waiting?: ((underWay: number) => void) | undefined;
}

export interface MovedStore {
  readonly connections: number;
  /** Without an outcome when it was not waited for any more: resolved in the new store like unanswered ones. */
  readonly unsettled: number;
  /** An earlier call had done it, and was ended before it could say so. */
  readonly before: boolean;
}

/**
 * Moves a whole store into an empty one of either engine. Every step is durable before the next, and no step lets two
 * stores renew:
 *
 * - nothing new is begun in the old store, by whichever process, and what is under way is waited for;
 * - the old store takes nothing any more, for good, and says where it went;
 * - the new one gets everything in one transaction.
 *
 * Killed anywhere, the same call again goes on: the old store is whole until the new one is. Before the second step a
 * failure takes the first one back.
 *
 * Throws `invalid`, `not_found`, `conflict` (the new one is not empty, or the old one went elsewhere), `store_copied`,
 * `store_unavailable`.
 */
export async function moveStore(moving: StoreMoving, outside: Outside): Promise<MovedStore> {
  const [from, to] = [moving.from, moving.to].map((url) => absoluteDatabaseUrl(url, moving.directory));
  if (from === undefined || to === undefined || from === to || from === 'memory:' || to === 'memory:')
    throw new KippuError('invalid', 'A store is moved from one database to another one that keeps it.', {
      where: '--to',
    });
  if (!mayHoldData(from)) throw nothingThere(from);
  const old = await storeOpener(from, true)(outside);
  try {
    const target = await storeOpener(to, true)(outside);
    try {
      return await move({ old, target, from, to: shownDatabase(to), waiting: moving.waiting }, outside);
    } finally {
      await target.close();
    }
  } finally {
    await old.close();
  }
}

interface OpenMoving extends Pick<StoreMoving, 'from' | 'to' | 'waiting'> {
  readonly old: Store;
  readonly target: Store;
}

async function move(moving: OpenMoving, outside: Outside): Promise<MovedStore> {
  const { old, target, from } = moving;
  const home = await old.home.read();
  if (home === undefined) throw nothingThere(from);
  const place = `${moving.to} (${target.home.identity()})`;
  refuseWrongSource(home, old.home.identity(), place);
  const isClosed = home.stamp === movedTo(place);
  const there = await target.home.read();
  if (isClosed && there?.storeId === home.storeId) return { ...(await countsOf(target)), before: true };
  if (there !== undefined || !(await target.move.isEmpty()))
    throw new KippuError(
      'conflict',
      `There is something in ${moving.to} already. Nothing was moved; give a database, or a schema, that is empty.`,
      { where: '--to' },
    );
  if (!isClosed) await closeOld(moving, home, place, outside);
  await target.move.receive(rowsOf(old, await old.move.lastSequence(), movedTo(place)));
  return { ...(await countsOf(target)), before: false };
}

/** A copy must not become the real one unnoticed; and what has gone elsewhere is here no more. */
function refuseWrongSource(home: Home, identity: string | undefined, place: string): void {
  if (home.stamp === movedTo(place) || home.stamp === movingTo(place)) return;
  if (wasMoved(home.stamp))
    throw new KippuError('conflict', `This store ${home.stamp} before. Start Kippu with that one.`, {
      where: '--from',
    });
  // The beginning of a move elsewhere that never came to anything: nothing of it has left this store.
  if (home.stamp === undefined || home.stamp.startsWith(movingTo(''))) {
    if (home.identity === identity) return;
  }
  throw new KippuError(
    'store_copied',
    `Nothing was moved: ${copiedBecause(home, identity)?.why}. Say first which one is real: kippu adopt.`,
    { where: '--from' },
  );
}

async function closeOld(moving: OpenMoving, home: Home, place: string, outside: Outside): Promise<void> {
  const { old } = moving;
  const held = { was: home.stamp, now: movingTo(place) };
  if (!(await old.move.refuse('claims', held))) throw movedMeanwhile();
  try {
    await quiet(moving, outside);
  } catch (error) {
    await old.move.refuse('nothing', { was: held.now, now: undefined });
    throw error;
  }
  if (!(await old.move.refuse('writes', { was: held.now, now: movedTo(place) }))) throw movedMeanwhile();
}

function movedMeanwhile(): KippuError {
  return new KippuError(
    'conflict',
    'Somebody else moves or adopts this store at the same moment. Nothing was moved; look with kippu doctor which one is real.',
    { where: '--from' },
  );
}

/** Resolves when all that was begun is settled, or nobody is there any more to settle it. */
async function quiet({ old, waiting }: OpenMoving, { clock, random }: Outside): Promise<void> {
  const processes = systemProcesses(newId('nod', random));
  const isAwaited = ({ sender }: UnderWay): boolean => sender === undefined || !processes.isGone(sender);
  const untilMs = clock.monotonicMs() + QUIET_PATIENCE_MS;
  let told = 0;
  for (;;) {
    const count = (await old.move.underWay()).filter(isAwaited).length;
    if (count === 0 || clock.monotonicMs() >= untilMs) return;
    if (count !== told) waiting?.(count);
    told = count;
    await clock.sleep(LOOK_AGAIN_MS);
  }
}

function rowsOf({ home, move: source }: Store, lastSequence: number, stamp: string): MovedRows {
  return {
    lastSequence,
    async *pages(table) {
      let last: StoredRow | undefined;
      for (;;) {
        const page = await source.rows(table, last, PAGE_ROWS);
        if (page.length > 0) yield page;
        if (page.length < PAGE_ROWS) return;
        last = page.at(-1);
      }
    },
    async confirm() {
      if ((await home.read())?.stamp !== stamp) throw movedMeanwhile();
    },
  };
}

async function countsOf({
  home,
  move: source,
}: Store): Promise<{ readonly connections: number; readonly unsettled: number }> {
  const apps = await home.apps();
  const underWay = await source.underWay();
  return { connections: apps.reduce((sum, app) => sum + app.connections, 0), unsettled: underWay.length };
}

function nothingThere(from: string): KippuError {
  return new KippuError('not_found', `There is no store in ${shownDatabase(from)}. Nothing was moved.`, {
    where: '--from',
  });
}
