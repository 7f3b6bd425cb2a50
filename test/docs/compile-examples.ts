import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../package/entry-points.ts';

export interface Example {
  /** Where it stands. */
  readonly name: string;
  readonly text: string;
}

/** Entry points by their names, whether `package.json` offers them yet or not: an example may not use one that is not there. */
const SOURCES = {
  kippu: 'src/index.ts',
  'kippu/providers': 'src/providers/index.ts',
  'kippu/sqlite': 'src/store/sqlite/index.ts',
  'kippu/postgres': 'src/store/postgres/index.ts',
  'kippu/session': 'src/session.ts',
  'kippu/node': 'src/node.ts',
  'kippu/sim': 'src/sim/index.ts',
};

/**
 * Compiles each as a file of its own, as strictly as the project itself, with the entry points' own types. Gives what
 * the compiler says, with the example's name in place of its file.
 */
export async function compileExamples(examples: readonly Example[]): Promise<readonly string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kippu-examples-'));
  try {
    // Other packages are found as a reader's program finds them.
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    const files = examples.map(({ text }, index) => {
      const file = `example-${index}.mts`;
      writeFileSync(path.join(folder, file), `${text}\nexport {};\n`);
      return file;
    });
    const paths = Object.fromEntries(Object.entries(SOURCES).map(([name, file]) => [name, [path.join(root, file)]]));
    // An example may end with what the reader goes on with.
    const relaxed = { noUnusedLocals: false, noUnusedParameters: false };
    const typeRoots = [path.join(root, 'node_modules', '@types')];
    const compilerOptions = { ...relaxed, noEmit: true, paths, typeRoots };
    const config = { extends: path.join(root, 'tsconfig.json'), compilerOptions, files, include: [] };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const output = await promisify(execFile)(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], {
      cwd: folder,
    }).then(
      () => '',
      (error: { readonly stdout?: string }) => error.stdout ?? 'the compiler could not be run',
    );
    const lines = output.split('\n').filter((line) => line.trim() !== '');
    return lines.map((line) => line.replace(/^example-(\d+)\.mts/, (_, index) => examples[Number(index)]?.name ?? ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
