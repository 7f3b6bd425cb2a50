import path from 'node:path';
import { API } from 'typescript/unstable/sync';
import { isNoSubstitutionTemplateLiteral, isStringLiteral, type Node, type SourceFile } from 'typescript/unstable/ast';

/** Sources by their path from the root of the project: real ones, or made up by a test. */
export type Sources = Readonly<Record<string, string>>;

export interface Parsed {
  readonly path: string;
  readonly tree: SourceFile;
}

const ROOT = '/project';
const CONFIG = `${ROOT}/tsconfig.json`;

/**
 * Parses with the compiler itself, so that comments, strings, templates and regular expressions cannot be mistaken for
 * code. It is given the files from memory and told to follow no import.
 */
export function syntaxTrees(sources: Sources): readonly Parsed[] {
  const paths = Object.keys(sources);
  const options = { noLib: true, noResolve: true, types: [], noEmit: true, module: 'nodenext', target: 'es2024' };
  const texts = new Map(paths.map((file) => [`${ROOT}/${file}`, sources[file] ?? '']));
  texts.set(
    CONFIG,
    JSON.stringify({ compilerOptions: { ...options, allowImportingTsExtensions: true }, files: paths }),
  );
  const folders = new Set([...texts.keys()].flatMap(foldersAbove));

  const api = new API({
    cwd: ROOT,
    fs: {
      readFile: (file) => texts.get(file) ?? null,
      fileExists: (file) => texts.has(file),
      directoryExists: (folder) => folders.has(folder),
      getAccessibleEntries: () => ({ files: [], directories: [] }),
      realpath: (file) => file,
    },
  });
  try {
    using snapshot = api.updateSnapshot({ openProjects: [CONFIG] });
    const program = snapshot.getProject(CONFIG)?.program;
    return paths.map((file) => {
      const tree = program?.getSourceFile(`${ROOT}/${file}`);
      if (tree === undefined) throw new Error(`${file} was not parsed.`);
      return { path: file, tree };
    });
  } finally {
    api.close();
  }
}

/** Every node below, the outer ones first. */
export function* nodesOf(node: Node): Generator<Node> {
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
    return undefined;
  });
  for (const child of children) {
    yield child;
    yield* nodesOf(child);
  }
}

/** The text of a string, or of a template that has nothing put in. */
export function plainText(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  return isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node) ? node.text : undefined;
}

/** `path:line` of a node, as an editor opens it. */
export function whereIs(file: Parsed, node: Node): string {
  const before = file.tree.text.slice(0, node.getStart(file.tree));
  return `${file.path}:${before.split('\n').length}`;
}

function foldersAbove(file: string): string[] {
  const folder = path.posix.dirname(file);
  return folder === '/' ? [folder] : [folder, ...foldersAbove(folder)];
}
