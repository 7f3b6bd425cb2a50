import path from 'node:path';
import * as ts from 'typescript/unstable/ast';
import { nodesOf, plainText, whereIs, type Parsed, type Sources } from './syntax-trees.ts';

const LINES_MAX = 400;
const NAMES_THAT_SAY_NOTHING = ['utils', 'helpers', 'common'];

/** Text that starts like an SQL statement. A sentence is not taken for one, because it starts with one capital. */
const SQL =
  /^\s*(?:select\s[^]*\sfrom\s|insert\s+(?:or\s+\w+\s+)?into\s|update\s+\S+\s+set\s|delete\s+from\s|with\s+(?:recursive\s+)?\w+[^]*\sas\s*\(|(?:create|alter|drop)\s+(?:unique\s+)?(?:table|index|view|trigger)\s|pragma\s+\w|begin\s+(?:immediate|exclusive|transaction)\b)/i;

export function sqlText(files: readonly Parsed[]): readonly string[] {
  return files.flatMap((file) =>
    [...nodesOf(file.tree)]
      .filter((node) => {
        const text = literalText(node)?.trimStart() ?? '';
        const [first = ''] = text.split(/\s/, 1);
        return SQL.test(text) && (first === first.toLowerCase() || first === first.toUpperCase());
      })
      .map((node) => `${whereIs(file, node)} holds SQL: it belongs into src/store`),
  );
}

/** The linter knows `Date.now`; it has no word for these. */
export function clockReadings(files: readonly Parsed[]): readonly string[] {
  return files.flatMap((file) =>
    [...nodesOf(file.tree)]
      .filter((node) => {
        if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return false;
        if (!ts.isIdentifier(node.expression) || node.expression.text !== 'Date') return false;
        return ts.isCallExpression(node) || (node.arguments?.length ?? 0) === 0;
      })
      .map((node) => `${whereIs(file, node)} reads the clock: take a Clock`),
  );
}

/** What Node cannot run by leaving out the types. */
export function syntaxThatMakesCode(files: readonly Parsed[]): readonly string[] {
  return files.flatMap((file) =>
    [...nodesOf(file.tree)]
      .filter((node) => ts.isEnumDeclaration(node) || (ts.isModuleDeclaration(node) && !isAmbient(node)))
      .map((node) => `${whereIs(file, node)} declares ${ts.isEnumDeclaration(node) ? 'an enum' : 'a namespace'}`),
  );
}

export function namesThatSayNothing(paths: readonly string[]): readonly string[] {
  return paths
    .filter((file) => NAMES_THAT_SAY_NOTHING.includes(path.posix.basename(file).split('.')[0] ?? ''))
    .map((file) => `${file} does not say what it holds`);
}

export function longFiles(sources: Sources): readonly string[] {
  return Object.entries(sources)
    .map(([file, text]) => [file, text.trimEnd().split('\n').length] as const)
    .filter(([file, count]) => count > LINES_MAX && !/(^|\/)(data|generated)\//.test(file))
    .map(([file, count]) => `${file} has ${count} lines, of at most ${LINES_MAX}`);
}

/** The text of a string or template, with `?` for what is put in. */
function literalText(node: ts.Node): string | undefined {
  if (!ts.isTemplateExpression(node)) return plainText(node);
  return node.head.text + node.templateSpans.map((span) => `?${span.literal.text}`).join('');
}

/** `declare module 'x'` and `declare global` describe what others made. */
function isAmbient(node: ts.ModuleDeclaration): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}
