import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { EXAMPLES, installExample } from './example.ts';

const LINES_MAX = 150;
const TSC = path.join(EXAMPLES, '..', 'node_modules', 'typescript', 'bin', 'tsc');
const names = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** What somebody copies is held to the same as what he installs. */
for (const name of names) {
  describe(`the example ${name}`, () => {
    const folder = path.join(EXAMPLES, name);
    const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8');

    it('is read in one go: less than 150 lines of code', () => {
      const lengths = codeFiles(folder).map((file) => [file, linesOfCode(read(file))] as const);
      const sum = lengths.reduce((lines, [, more]) => lines + more, 0);
      assert.ok(sum > 0 && sum < LINES_MAX, JSON.stringify(lengths));
    });

    it('compiles, as strictly as the project', async () => {
      await installExample(name);
      const compiled = await promisify(execFile)(process.execPath, [TSC, '--noEmit', '-p', folder]).catch(
        (error: { readonly stdout: string }) => error,
      );
      assert.equal(compiled.stdout, '');
    });

    it('starts with npm start, uses this Kippu, and takes exact versions of the rest', () => {
      const { scripts, dependencies, ...manifest } = JSON.parse(read('package.json')) as Manifest;
      assert.equal(manifest.private, true);
      assert.match(scripts['start'] ?? '', /^node \.\.\/start\.mjs /);
      const { kippu, ...others } = { ...dependencies, ...manifest.devDependencies };
      assert.equal(kippu, 'file:../..');
      for (const [dependency, version] of Object.entries(others)) assert.match(version, /^\d+\.\d+\.\d+$/, dependency);
    });

    it('is installed from wherever npm installs: its lock file names no registry', () => {
      const { packages } = JSON.parse(read('package-lock.json')) as Lock;
      const resolved = Object.values(packages).map((entry) => entry.resolved);
      assert.deepEqual([...new Set(resolved.filter((from) => from !== undefined))], ['../..']);
    });

    it('is listed on the front page, in both languages', () => {
      for (const page of ['README.md', 'README.ja.md'])
        assert.ok(read(path.join('..', '..', page)).includes(`(examples/${name}/README.md)`), page);
    });

    it('says how to start it, and links to what there is', () => {
      const text = read('README.md');
      assert.match(text, /^npm start$/m);
      const links = [...text.matchAll(/\]\(([^()\s#]+)[^()]*\)/g)].map(([, target = '']) => target);
      const broken = links.filter((link) => !/^https?:/.test(link) && !existsSync(path.join(folder, link)));
      assert.deepEqual(broken, []);
    });
  });
}

interface Manifest {
  readonly private: boolean;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly resolved?: string }>>;
}

const CODE = /\.(?:[cm]?[jt]sx?|css)$/;

/** Ours: what is not installed, not built, and made by nobody's tool. Below `node_modules/kippu` is all of this again. */
function codeFiles(folder: string, below = ''): string[] {
  return readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(below, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
      return codeFiles(folder, file);
    return entry.isFile() && CODE.test(entry.name) && !entry.name.endsWith('.d.ts') ? [file] : [];
  });
}

/** Neither empty nor nothing but a comment. */
function linesOfCode(text: string): number {
  return text.split('\n').filter((line) => !/^\s*(?:$|\/\/|\/\*|\*)/.test(line)).length;
}
