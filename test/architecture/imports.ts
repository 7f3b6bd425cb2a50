import path from 'node:path';
import * as ts from 'typescript/unstable/ast';
import { nodesOf, plainText, whereIs, type Parsed } from './syntax-trees.ts';

export interface Import {
  readonly where: string;
  readonly from: string;
  readonly specifier: string;
  /** The file that a relative import means, as a path from the root of the project. */
  readonly target: string | undefined;
}

export interface LayerTable {
  /** What each folder of `src` may import besides itself. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
  /** What a file directly in `src` may import. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** Which folders may import an npm package; one that is not here may be imported nowhere. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
}

/** All imports: `import`, `import type`, `export … from`, `import()`, and `import('…')` in a type. */
export function importsOf(files: readonly Parsed[]): readonly Import[] {
  return files.flatMap((file) =>
    [...nodesOf(file.tree)].flatMap((node) => {
      const specifier = specifierOf(node);
      if (specifier === undefined) return [];
      const target = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file.path), specifier) : undefined;
      return [{ where: whereIs(file, node), from: file.path, specifier, target }];
    }),
  );
}

/** Imports that the table does not allow. */
export function forbiddenImports(imports: readonly Import[], table: LayerTable): readonly string[] {
  return imports.flatMap((one) => {
    const complaint = one.target === undefined ? aboutPackage(one, table) : aboutFolder(one, one.target, table);
    return complaint === undefined ? [] : [`${one.where} imports ${one.specifier}: ${complaint}`];
  });
}

/** Each group of files that import one another in a circle, type imports included, with one way round it. */
export function cycles(imports: readonly Import[]): readonly string[] {
  const next = new Map<string, Set<string>>();
  for (const { from, target } of imports) {
    if (target !== undefined) next.set(from, (next.get(from) ?? new Set()).add(target));
  }
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) {
      found.push([...way.slice(way.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const target of next.get(file) ?? []) walk(target, [...way, file]);
    done.add(file);
  };
  for (const file of next.keys()) walk(file, []);
  return found;
}

function aboutFolder({ from }: Import, target: string, table: LayerTable): string | undefined {
  const [here, there] = [layerOf(from), layerOf(target)];
  if (there === undefined) return 'it lies outside src';
  if (here === there) return undefined;
  const allowed = table.files[here ?? ''] ?? table.folders[here ?? ''];
  if (allowed === undefined) return `the table does not know src/${here}`;
  return allowed.includes(there) ? undefined : `${here} may import ${allowed.join(', ') || 'nothing'}`;
}

function aboutPackage({ from, specifier }: Import, table: LayerTable): string | undefined {
  if (specifier.startsWith('node:')) return undefined;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const allowed = table.packages[name];
  if (allowed === undefined) return 'the table does not know this package';
  return allowed.some((folder) => from.startsWith(`src/${folder}/`)) ? undefined : `only for ${allowed.join(', ')}`;
}

/** `src/renewal/renew.ts` lies in `renewal`; `src/index.ts` is a layer of its own. */
function layerOf(file: string): string | undefined {
  const [top, layer] = file.split('/');
  return top === 'src' ? layer : undefined;
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return plainText(node.moduleSpecifier);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return plainText(node.arguments[0]);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return plainText(node.argument.literal);
  return undefined;
}
