import { DatabaseSync } from 'node:sqlite';
import { KippuError } from 'kippu/session';

/** What a press of the button came to: words for whoever pressed it, and where to go from there. */
export interface Outcome {
  readonly kind: 'sending' | 'posted' | 'refused' | 'unknown';
  readonly words: string;
  readonly url: string;
}

const UNKNOWN: Outcome = {
  kind: 'unknown',
  words: 'X gave no clear answer: the post may be out. Look at your timeline before you post it again.',
  url: '',
};

/**
 * A press is written down before its post is sent. Whoever brings it again (a double click, a reload, also after a
 * restart) finds it here, and nothing is sent twice.
 */
export function openPresses(file: string) {
  const db = new DatabaseSync(file);
  db.exec('create table if not exists presses (user, press, kind, words, url, primary key (user, press))');
  // What was on its way when the process before this one ended: nobody heard what became of it.
  db.prepare(`update presses set kind = 'unknown', words = ? where kind = 'sending'`).run(UNKNOWN.words);
  const found = db.prepare('select kind, words, url from presses where user = ? and press = ?');
  const begin = db.prepare(`insert or ignore into presses values (?, ?, 'sending', 'Your post is on its way.', '')`);
  const end = db.prepare('update presses set kind = ?, words = ?, url = ? where user = ? and press = ?');
  return {
    find: (user: string, press: string) => found.get(user, press) as Outcome | undefined,
    /** Sends for the first of all that bring this press, and for nobody else. */
    async once(user: string, press: string, send: () => Promise<Outcome>): Promise<void> {
      if (begin.run(user, press).changes === 0) return;
      const { kind, words, url } = await send().catch(outcomeOfError);
      end.run(kind, words, url, user, press);
    },
  };
}

export async function outcomeOf(answer: Response, postsUrl: string): Promise<Outcome> {
  const { data, detail } = (await answer.json().catch(() => ({}))) as { data?: { id?: string }; detail?: string };
  if (data?.id !== undefined) return { kind: 'posted', words: 'Posted.', url: postsUrl + data.id };
  if (answer.ok || answer.status >= 500) return UNKNOWN;
  return { kind: 'refused', words: `X did not take it: ${detail ?? answer.status}`, url: '' };
}

/** A call without an answer may have been handled all the same. */
function outcomeOfError(error: unknown): Outcome {
  if (!(error instanceof KippuError) || error.code === 'unavailable') return UNKNOWN;
  return { kind: 'refused', words: error.message, url: error.connectUrl ?? '' };
}
