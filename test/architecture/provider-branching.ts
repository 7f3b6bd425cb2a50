import * as ts from 'typescript/unstable/ast';
import { nodesOf, plainText, whereIs, type Parsed } from './syntax-trees.ts';

/**
 * Code that asks which provider it has. What differs between providers is a quirk, a field of its data; so nothing may
 * compare a provider's id with a value known beforehand, switch on it, or look it up in a list.
 * Comparing two ids that arrive at run time (`candidate.provider.id === request.provider`) only finds one, and is fine.
 */
export function providerBranching(files: readonly Parsed[], knownIds: ReadonlySet<string>): readonly string[] {
  return files.flatMap((file) =>
    [...nodesOf(file.tree)]
      .filter((node) => isBranching(node, knownIds))
      .map((node) => `${whereIs(file, node)} asks which provider it is: ${oneLine(node.getText(file.tree))}`),
  );
}

function isBranching(node: ts.Node, knownIds: ReadonlySet<string>): boolean {
  if (ts.isBinaryExpression(node) && isEquality(node.operatorToken.kind)) {
    const sides = [bare(node.left), bare(node.right)];
    return sides.some((side, index) => isComparedWith(side, sides[1 - index], knownIds));
  }
  if (ts.isSwitchStatement(node)) return namesProvider(bare(node.expression));
  return isListLookup(node);
}

function isComparedWith(side: ts.Node | undefined, other: ts.Node | undefined, knownIds: ReadonlySet<string>): boolean {
  if (side === undefined || other === undefined) return false;
  const text = plainText(other);
  if (text !== undefined) return namesProvider(side) || (lastName(side) === 'id' && knownIds.has(text));
  // Not `undefined`, and not what came from elsewhere at run time: a constant, or the id of an imported provider.
  return isProviderId(side) && !namesProvider(other) && lastName(other) !== 'undefined';
}

/** `['x', 'github'].includes(provider.id)` */
function isListLookup(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const [looked] = node.arguments;
  const isLookup = ['includes', 'indexOf'].includes(node.expression.name.text);
  return (
    isLookup &&
    ts.isArrayLiteralExpression(bare(node.expression.expression)) &&
    looked !== undefined &&
    namesProvider(looked)
  );
}

/** `provider.id`, and also `providerId` and `connection.provider`, which hold an id. */
function namesProvider(node: ts.Node): boolean {
  return isProviderId(node) || /^provider(Id)?$|[a-z]Provider(Id)?$/.test(lastName(node) ?? '');
}

/** `provider.id`, `app.provider.id`, `providerOf(app)?.id` */
function isProviderId(node: ts.Node): boolean {
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== 'id') return false;
  const owner = bare(node.expression);
  const name = ts.isCallExpression(owner) ? lastName(bare(owner.expression)) : lastName(owner);
  return /^provider(?!App)|Provider(?!App)/.test(name ?? '');
}

function lastName(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text.replace(/^#/, '');
  return undefined;
}

/** Without parentheses, `!` and `as`. */
function bare(node: ts.Node): ts.Node {
  const wraps = ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) || ts.isAsExpression(node);
  return wraps ? bare(node.expression) : node;
}

function isEquality(kind: ts.SyntaxKind): boolean {
  return [
    ts.SyntaxKind.EqualsEqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsEqualsToken,
    ts.SyntaxKind.EqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsToken,
  ].includes(kind);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 100);
}
