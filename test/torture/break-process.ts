import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { DEFECTS, type Edit } from './defects.ts';

/**
 * Loaded with `--import …/break-process.ts?NAME`: puts the deliberate defect of that name into the source while it is
 * loaded. The files on disk stay as they are.
 */
const name = new URL(import.meta.url).search.slice(1);
const defect = DEFECTS.find((one) => one.name === name);
if (defect === undefined) throw new Error(`There is no defect "${name}".`);
const edits = new Map<string, Edit>(
  defect.edits.map((edit) => [new URL(`../../${edit.file}`, import.meta.url).href, edit]),
);

registerHooks({
  load(url, context, next) {
    const edit = edits.get(url);
    if (edit === undefined) return next(url, context);
    const source = readFileSync(fileURLToPath(url), 'utf8');
    if (source.split(edit.from).length !== 2) throw new Error(`The defect "${name}" does not fit ${edit.file}.`);
    return { format: 'module-typescript', source: source.replace(edit.from, () => edit.to), shortCircuit: true };
  },
});
