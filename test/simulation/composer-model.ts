import type { Composer } from '../../src/model/composer.ts';
import { MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import type { Chance } from './chance.ts';
import type { Life } from './life.ts';

/** Somebody outside who writes the text of a run: now and then slow, now and then without an idea. */
export function composerOf(life: Life, chance: Chance): Composer {
  return {
    compose: (source, facts) =>
      new Promise((resolve) => {
        const [label, ...end] = source.kind === 'command' ? source.command.split(',') : [];
        const text = `run of ${label ?? ''} at ${[facts.localTime, ...end].join(',')}`;
        const takesMs = chance.isLucky(0.1) ? chance.between(SECOND_MS, MINUTE_MS) : chance.between(1, SECOND_MS);
        const fails = chance.isLucky(0.15);
        life.place(takesMs, () => {
          resolve(fails ? { kind: 'failed', detail: 'simulated' } : { kind: 'composed', text, madeWithAi: undefined });
        });
      }),
  };
}
