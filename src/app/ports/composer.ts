import { assertNever } from '../../model/assert-never.ts';
import type { Composed, ComposeFacts, Composer, ComposeSource } from '../../model/composer.ts';
import { SECOND_MS, type Clock } from '../../model/clock.ts';
import type { HttpClient } from '../../model/http.ts';
import { askCommand } from './ask-command.ts';
import { askFunction, type ComposeFunction } from './ask-function.ts';
import { askUrl } from './ask-url.ts';

const AT_ONCE_MAX = 8;
/** Who waits longer for his turn than this comes again later: his schedule is then no longer his alone. */
const TURN_MAX_MS = 20 * SECOND_MS;
const TURN_LOOK_MS = SECOND_MS;

export interface ComposerParts {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Of the application that uses the library, by name. */
  readonly functions?: ReadonlyMap<string, ComposeFunction> | undefined;
}

/** Programs, URLs and functions that write texts; so many at a time that this machine keeps working. */
export function systemComposer({ http, clock, functions = new Map() }: ComposerParts): Composer {
  let running = 0;
  const ask = (source: ComposeSource, facts: ComposeFacts, stop: AbortSignal): Promise<Composed> => {
    switch (source.kind) {
      case 'command':
        return askCommand(source.command, facts, stop);
      case 'url':
        return askUrl(source.url, facts, { http, stop });
      case 'function':
        return askFunction(source.name, facts, stop, { functions, clock });
      default:
        return assertNever(source);
    }
  };
  return {
    async compose(source, facts, stop) {
      const untilMs = clock.monotonicMs() + TURN_MAX_MS;
      while (running >= AT_ONCE_MAX && !stop.aborted && clock.monotonicMs() < untilMs) {
        await clock.sleep(TURN_LOOK_MS, stop);
      }
      if (stop.aborted || running >= AT_ONCE_MAX) return { kind: 'stopped' };
      running += 1;
      try {
        return await ask(source, facts, stop);
      } finally {
        running -= 1;
      }
    },
  };
}
