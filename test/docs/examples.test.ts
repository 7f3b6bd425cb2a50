import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** What a reader copies compiles, against the sources that the package's entry points are built from. */

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const PAGES = ['README.md', 'README.ja.md', 'docs/library.md', 'docs/library.ja.md'];

/** As much of Express as the pages use, which is not installed here. */
const EXPRESS = `declare module 'express' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  export interface Request extends IncomingMessage { readonly originalUrl: string; readonly session: { readonly userId: string } }
  export interface Response extends ServerResponse { redirect(url: string): void; json(body: unknown): void }
  type Next = (error?: unknown) => void;
  type Handler = (req: Request, res: Response, next: Next) => unknown;
  interface App { use(path: string, ...handlers: Handler[]): void; get(path: string, handler: Handler): void; listen(port: number): void }
  export default function express(): App;
}`;

test('every example of the README and of the pages on the library compiles', () => {
  const failures = PAGES.flatMap((page) => {
    const blocks = [...read(page).matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
    assert.ok(blocks.length > 0, `${page} has no example`);
    return compiled(page, blocks);
  });
  assert.deepEqual(failures, []);
});

test('the Japanese page has the examples of the English one', () => {
  const blocks = (page: string) => read(page).match(/^```tsx?\n[\s\S]*?^```$/gm);
  assert.deepEqual(blocks('docs/library.ja.md'), blocks('docs/library.md'));
});

test('every example in a doc comment compiles', () => {
  const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const blocks = sources.flatMap((file) =>
    [...read(path.join('src', file)).matchAll(/^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm)].map(([, code = '']) =>
      code.replaceAll(/^ *\* ?/gm, ''),
    ),
  );
  assert.ok(blocks.length > 15, `only ${blocks.length} examples were found`);
  assert.deepEqual(compiled('doc comments', blocks), []);
});

/** What the compiler says about them, each in the file that its first line names, or one of its own. */
function compiled(page: string, blocks: readonly string[]): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'kippu-examples-'));
  try {
    const write = (name: string, text: string): void => {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    };
    write('express.d.ts', EXPRESS);
    for (const [index, code] of blocks.entries()) {
      const named = /^\/\/ (\S+\.tsx?)\n/.exec(code)?.[1];
      write(named ?? `example-${index + 1}.ts`, code);
    }
    write('package.json', JSON.stringify({ type: 'module' }));
    write('tsconfig.json', JSON.stringify({ compilerOptions: consumerOptions(), include: ['**/*'] }));
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
      encoding: 'utf8',
    });
    if (status === 0) return [];
    return stdout
      .trim()
      .split('\n')
      .map((line) => `${page}: ${line}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function consumerOptions() {
  const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, { readonly types?: string }> };
  const entries = Object.entries(exports).flatMap(([name, { types }]) =>
    types === undefined
      ? []
      : [
          [
            `kippu${name.slice(1)}`,
            [path.join(root, types.replace('./dist/', 'src/').replace('.d.ts', '.ts'))],
          ] as const,
        ],
  );
  return {
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    strict: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
    paths: Object.fromEntries(entries),
  };
}

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}
