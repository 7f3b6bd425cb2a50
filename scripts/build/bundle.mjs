import { readFileSync } from 'node:fs';
import path from 'node:path';
import { rollup } from 'rollup';

/** Below this many characters a part goes into another one, where nobody loads more packages for it. */
const PART_CHARS_MIN = 100_000;

/**
 * Puts the compiled modules of `from` together in `to`: one file for each entry, by its name, and parts that several
 * share. Node finds, reads and links every module by itself, and that is most of what a short command does. What is loaded
 * when it is needed stays so, and packages stay outside. Nothing is shortened: a stack trace can be read.
 */
export async function bundle({ from, to, entries }) {
  const bundled = await rollup({
    input: Object.fromEntries(entries.map((entry) => [entry, path.join(from, `${entry}.js`)])),
    external: (id) => !id.startsWith('.') && !path.isAbsolute(id),
    // An entry gives out what its types say, and nothing that a part of it needs besides.
    preserveEntrySignatures: 'strict',
    // None of our modules does anything when it is loaded; a package may.
    treeshake: { moduleSideEffects: (_id, isExternal) => isExternal },
    // How many parts could not be put together is nothing to do anything about.
    logLevel: 'warn',
    onwarn: (warning, show) => {
      // Of the helper that the compiler writes for `import()` of a variable.
      if (warning.code !== 'THIS_IS_UNDEFINED') show(warning);
    },
  });
  try {
    await bundled.write({
      dir: to,
      format: 'es',
      entryFileNames: '[name].js',
      chunkFileNames: 'parts/[name]-[hash].js',
      experimentalMinChunkSize: PART_CHARS_MIN,
      // Otherwise each entry names all that its parts import, so that they load at once: from a disk that is no gain.
      hoistTransitiveImports: false,
      minifyInternalExports: false,
    });
  } finally {
    await bundled.close();
  }
}

/** What `package.json` gives out, and the command line. */
export function publishedEntries(root) {
  const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const targets = Object.values(exports).flatMap((target) => target.default ?? []);
  return [...targets.map((file) => file.replace('./dist/', '').replace(/\.js$/, '')), 'cli/main'];
}
