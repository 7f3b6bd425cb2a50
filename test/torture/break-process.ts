import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { DEFECTS } from './defects.ts';

/**
 * Loaded with `--import …/break-process.ts?NAME`: puts the deliberate defect of that name into the source while it is
 * loaded. The files on disk stay as they are.
 */
const name = new URL(import.meta.url).search.slice(1);
const defect = DEFECTS.find((one) => one.name === name);
if (defect === undefined) throw new Error(`There is no defect "${name}".`);
const edits = Map.groupBy(defect.edits, ({ file }) => new URL(`../../${file}`, import.meta.url).href);

registerHooks({
  load(url, context, next) {
    const own = edits.get(url);
    if (own === undefined) return next(url, context);
    let source = readFileSync(fileURLToPath(url), 'utf8');
    for (const { file, from, to } of own) {
      if (source.split(from).length !== 2) throw new Error(`The defect "${name}" does not fit ${file}.`);
      source = source.replace(from, () => to);
    }
    return { format: 'module-typescript', source, shortCircuit: true };
  },
});
