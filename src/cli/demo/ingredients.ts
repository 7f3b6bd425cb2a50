import type { Config } from '../../app/config.ts';
import type { App, Outside } from '../../app/open.ts';

/** What the demo is made of. The tests put a broken one in and see whether the story notices. */
export interface Ingredients {
  readonly outside: Outside;
  readonly open: (config: Config, outside: Outside) => Promise<App>;
}

/** The real ones: the same code that `kippu up` runs, with a silent log. */
export async function realIngredients(outside: Outside): Promise<Ingredients> {
  const { createLog, openConfigured } = await import('../../app/system.ts');
  const log = createLog({ logLevel: 'silent', logFormat: 'json' });
  return { outside, open: (config, world) => openConfigured(config, { log, outside: world }) };
}
