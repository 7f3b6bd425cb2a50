import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as ts from 'typescript/unstable/ast';
import { plainText, syntaxTrees, type Parsed } from '../architecture/syntax-trees.ts';
import { entryPoints, root } from '../package/entry-points.ts';

/** Something that can be imported from the package, with the comment that stands above it. */
export interface PublicExport {
  /** `kippu/sim: simulate`. */
  readonly name: string;
  readonly kind: 'function' | 'class' | 'constant' | 'interface' | 'type';
  /** An interface that has something to call. */
  readonly hasMethods: boolean;
  /** Without its stars; empty: there is none. */
  readonly comment: string;
}

/** Every export of every entry point, wherever it is declared. */
export function publicExports(): readonly PublicExport[] {
  const sources = new SourceFiles();
  return entryPoints().flatMap(({ name, source }) =>
    [...sources.exportsOf(source)].map(([exported, found]) => ({ ...found, name: `${name}: ${exported}` })),
  );
}

/** The comment that says what an entry point is. */
export function moduleComments(): readonly { readonly name: string; readonly comment: string }[] {
  return entryPoints().map(({ name, source }) => {
    const [, comment = ''] = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(path.join(root, source), 'utf8')) ?? [];
    return { name, comment: withoutStars(comment) };
  });
}

/** The programs that a comment shows. */
export function examplesIn(comment: string): readonly string[] {
  const [, ...examples] = comment.split(/^@example\b/m);
  return examples.flatMap((example) => [...example.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text));
}

class SourceFiles {
  readonly #parsed: ReadonlyMap<string, Parsed>;

  constructor() {
    const names = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' });
    const files = names
      .filter((name) => name.endsWith('.ts'))
      .map((name) => path.posix.join('src', ...name.split(path.sep)));
    const sources = Object.fromEntries(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
    this.#parsed = new Map(syntaxTrees(sources).map((parsed) => [parsed.path, parsed]));
  }

  exportsOf(file: string): ReadonlyMap<string, Omit<PublicExport, 'name'>> {
    const { tree } = this.#parse(file);
    const found = new Map<string, Omit<PublicExport, 'name'>>();
    for (const statement of tree.statements) {
      if (ts.isExportDeclaration(statement)) {
        for (const [name, one] of this.#passedOn(file, statement)) found.set(name, one);
      } else if (/^\s*export\b/.test(this.#code(file, statement))) {
        for (const [name, one] of this.#declared(file, statement)) found.set(name, one);
      }
    }
    return found;
  }

  /** `export { a as b } from './c.ts'`, and `export * from './c.ts'`. */
  #passedOn(file: string, statement: ts.ExportDeclaration): readonly (readonly [string, Omit<PublicExport, 'name'>])[] {
    const specifier = plainText(statement.moduleSpecifier);
    if (specifier === undefined)
      throw new Error(`${file} exports something that it imported by name: export it from there.`);
    const there = this.exportsOf(path.posix.join(path.posix.dirname(file), specifier));
    const clause = statement.exportClause;
    if (clause === undefined) return [...there];
    if (!ts.isNamedExports(clause)) throw new Error(`${file} exports ${specifier} as a namespace.`);
    return clause.elements.map((element) => {
      const original = nameOf(element.propertyName ?? element.name);
      const one = there.get(original);
      if (one === undefined) throw new Error(`${file} exports ${original}, which ${specifier} does not.`);
      return [nameOf(element.name), one];
    });
  }

  #declared(file: string, statement: ts.Statement): readonly (readonly [string, Omit<PublicExport, 'name'>])[] {
    const comment = this.#comment(file, statement);
    const one = (kind: PublicExport['kind'], hasMethods = false) => ({ kind, hasMethods, comment });
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => [nameOf(name), one('constant')]);
    if (ts.isFunctionDeclaration(statement)) return [[nameOf(statement.name), one('function')]];
    if (ts.isClassDeclaration(statement)) return [[nameOf(statement.name), one('class')]];
    if (ts.isTypeAliasDeclaration(statement)) return [[nameOf(statement.name), one('type')]];
    if (ts.isInterfaceDeclaration(statement))
      return [[nameOf(statement.name), one('interface', statement.members.some(ts.isMethodSignatureDeclaration))]];
    throw new Error(`${file} exports something of a kind that this does not know.`);
  }

  #comment(file: string, statement: ts.Statement): string {
    const { text } = this.#parse(file).tree;
    const before = text.slice(statement.pos, statement.getStart(this.#parse(file).tree));
    const [comment = ''] = before.match(/\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/) ?? [];
    return withoutStars(comment.trim().slice(3, -2));
  }

  #code(file: string, statement: ts.Statement): string {
    const { tree } = this.#parse(file);
    return tree.text.slice(statement.getStart(tree), statement.end);
  }

  #parse(file: string): Parsed {
    const known = this.#parsed.get(file);
    if (known !== undefined) return known;
    throw new Error(`There is no ${file}.`);
  }
}

function nameOf(node: ts.Node | undefined): string {
  if (node === undefined || !ts.isIdentifier(node)) throw new Error('An export without a plain name.');
  return node.text;
}

function withoutStars(comment: string): string {
  return comment.replaceAll(/^[ \t]*\* ?/gm, '').trim();
}
