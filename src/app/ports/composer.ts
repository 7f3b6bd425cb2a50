import type { Composer } from '../../model/composer.ts';
import { SECOND_MS, type Clock } from '../../model/clock.ts';
import type { HttpClient } from '../../model/http.ts';
import { askCommand } from './ask-command.ts';
import { askUrl } from './ask-url.ts';

const AT_ONCE_MAX = 8;
/** Who waits longer for his turn than this comes again later: his schedule is then no longer his alone. */
const TURN_MAX_MS = 20 * SECOND_MS;
const TURN_LOOK_MS = SECOND_MS;

/** Programs and URLs that write texts; so many at a time that this machine keeps working. */
export function systemComposer({ http, clock }: { readonly http: HttpClient; readonly clock: Clock }): Composer {
  let running = 0;
  return {
    async compose(source, facts, stop) {
      const untilMs = clock.monotonicMs() + TURN_MAX_MS;
      while (running >= AT_ONCE_MAX && !stop.aborted && clock.monotonicMs() < untilMs) {
        await clock.sleep(TURN_LOOK_MS, stop);
      }
      if (stop.aborted || running >= AT_ONCE_MAX) return { kind: 'stopped' };
      running += 1;
      try {
        return source.kind === 'command'
          ? await askCommand(source.command, facts, stop)
          : await askUrl(source.url, facts, { http, stop });
      } finally {
        running -= 1;
      }
    },
  };
}
