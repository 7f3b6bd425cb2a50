import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** One replacement in one file of the product. */
export interface Patch {
  /** From the project's root. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly search: string;
  readonly replace: string;
}

/** A deliberate bug. */
export interface Mutant {
  readonly name: string;
  readonly patches: readonly Patch[];
}

const ROOT = new URL('../../', import.meta.url);

/**
 * From now on the product is loaded with this bug in it. No file is changed: the text is replaced on its way into this
 * process, so nothing of the product may have been loaded before.
 */
export function infect({ name, patches }: Mutant): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const own = patches.filter(({ file }) => url === new URL(file, ROOT).href);
      if (own.length === 0) return loaded;
      const text = loaded.source === undefined || loaded.source === null ? '' : textOf(loaded.source);
      return { ...loaded, source: own.reduce((patched, patch) => applied(patched, patch, name), text) };
    },
  });
}

/** Throws where the text has changed and the bug no longer fits. */
export function applied(text: string, { file, search, replace }: Patch, name: string): string {
  const parts = text.split(search);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(
    `The mutant "${name}" no longer fits ${fileURLToPath(new URL(file, ROOT))}: its text stands there ${parts.length - 1} times ` +
      `instead of once. Change the mutant with the code.\n${search}`,
  );
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source);
}
