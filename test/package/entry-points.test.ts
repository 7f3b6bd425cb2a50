import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import * as ts from 'typescript/unstable/ast';
import { nodesOf, plainText, syntaxTrees, type Sources } from '../architecture/syntax-trees.ts';
import { entryPoints, root } from './entry-points.ts';

const { optionalDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly optionalDependencies: Readonly<Record<string, string>>;
};

describe('what the package offers', () => {
  it('loads without the optional packages: whatever needs one asks for it, and can say that it is missing', () => {
    const sources = sourcesOf('src');
    assert.deepEqual(
      entryPoints().flatMap(({ source }) => reachedParts(source, sources, Object.keys(optionalDependencies))),
      [],
    );
  });

  it('is known to the check for unused code', () => {
    const { entry } = JSON.parse(readFileSync(path.join(root, 'knip.json'), 'utf8')) as { readonly entry: string[] };
    const unknown = entryPoints().filter(({ source }) => !entry.includes(source));
    assert.deepEqual(unknown, []);
  });

  it('would be found to reach an optional package, also through other files, and not by types or at the first use', () => {
    const made = {
      'src/index.ts': `import './a.ts'; import type { Z } from 'zod'; export type { Y } from 'zod';`,
      'src/a.ts': `export * from './deep/b.ts'; const lazy = () => import('hono');`,
      'src/deep/b.ts': `import { type Hono } from 'hono/tiny';\nimport 'pino';`,
    };
    assert.deepEqual(reachedParts('src/index.ts', made, ['zod', 'hono']), [
      'hono/tiny ← src/deep/b.ts ← src/a.ts ← src/index.ts',
    ]);
  });
});

/** Optional packages that are loaded together with a file, each with the way to it. */
function reachedParts(entry: string, sources: Sources, parts: readonly string[]): string[] {
  const imports = new Map<string, readonly string[]>();
  for (const file of syntaxTrees(sources)) {
    const declarations = [...nodesOf(file.tree)].filter(
      (node) => (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined,
    );
    const loaded = declarations.filter((node) => !/^(?:import|export)\s+type\b/.test(textOf(node, file.tree.text)));
    imports.set(
      file.path,
      loaded.map((node) => plainText((node as ts.ImportDeclaration).moduleSpecifier) ?? ''),
    );
  }
  const found: string[] = [];
  const seen = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const specifier of imports.get(file) ?? []) {
      const isPart = parts.some((part) => specifier === part || specifier.startsWith(`${part}/`));
      if (isPart) found.push([specifier, file, ...way].join(' ← '));
      if (specifier.startsWith('.')) walk(path.posix.join(path.posix.dirname(file), specifier), [file, ...way]);
    }
  };
  walk(entry, []);
  return found;
}

function textOf(node: ts.Node, text: string): string {
  return text
    .slice(node.pos, node.end)
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    .trim();
}

function sourcesOf(folder: string): Sources {
  const names = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => path.posix.join(folder, name));
  return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
}
