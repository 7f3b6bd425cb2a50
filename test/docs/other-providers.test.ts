import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readSettings } from '../../src/app/read-settings.ts';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const PAGE = 'docs/providers/other.md';

interface Example {
  /** Behind the language: the file that it is. */
  readonly file: string;
  readonly text: string;
}

function examples(): readonly Example[] {
  const fences = readFileSync(path.join(root, PAGE), 'utf8').matchAll(/^```ts ?([^\n]*)\n([\s\S]*?)^```$/gm);
  return [...fences].map(([, file = '', text = '']) => ({ file, text }));
}

describe('the examples of the page on other providers', () => {
  it('compile', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kippu-examples-'));
    try {
      const files = examples().map(({ text }, index) => {
        const file = path.join(folder, `example-${index}.mts`);
        writeFileSync(file, `${text}\nexport {};\n`);
        return file;
      });
      assert.ok(files.length >= 5);
      const at = (entry: string): string[] => [path.join(root, 'src', entry)];
      const paths = {
        kippu: at('index.ts'),
        'kippu/providers': at('providers/index.ts'),
        'kippu/sqlite': at('store/sqlite/index.ts'),
        'kippu/sim': at('sim/index.ts'),
      };
      const config = path.join(folder, 'tsconfig.json');
      const compilerOptions = { noEmit: true, paths, typeRoots: [path.join(root, 'node_modules', '@types')] };
      writeFileSync(
        config,
        JSON.stringify({ extends: path.join(root, 'tsconfig.json'), compilerOptions, files, include: [] }),
      );
      const compiled = promisify(execFile)(process.execPath, [
        path.join(root, 'node_modules/typescript/bin/tsc'),
        '-p',
        config,
      ]);
      await compiled.catch((error: { readonly stdout?: string }) => assert.fail(error.stdout ?? 'it could not be run'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are configuration files that Kippu reads', async () => {
    const files = examples().filter(({ file }) => file === 'kippu.config.ts');
    assert.equal(files.length, 2);
    for (const { file, text } of files) {
      const directory = mkdtempSync(path.join(tmpdir(), 'kippu-example-'));
      try {
        writeFileSync(path.join(directory, file), text);
        const settings = await readSettings({ flags: {}, environment: {}, directory });
        assert.equal(settings.ownProviders.length, 1);
      } finally {
        rmSync(directory, { recursive: true });
      }
    }
  });
});
