import { KippuError } from '../model/errors.ts';

/** What the database itself says to whoever writes to a store that was left: both engines begin it with this word. */
const MOVED_AWAY = 'KIPPU-MOVED';
/** An SQLSTATE of our own, where the engine has them. */
export const MOVED_AWAY_STATE = 'KP001';

/** The text that the database is to answer with. */
export function movedAwayText(stamp: string): string {
  return `${MOVED_AWAY} ${stamp}`;
}

/** `undefined`: the database said something else. */
export function movedAway(error: unknown): KippuError | undefined {
  if (!(error instanceof Error)) return undefined;
  const at = error.message.indexOf(`${MOVED_AWAY} `);
  if (at === -1) return undefined;
  return new KippuError(
    'store_copied',
    `This store ${error.message.slice(at + MOVED_AWAY.length + 1)}, and takes nothing any more. ` +
      'Start Kippu with the other one (KIPPU_DATABASE_URL).',
    { cause: error },
  );
}
