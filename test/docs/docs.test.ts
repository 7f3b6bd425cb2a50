import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { particularVariables } from '../../src/app/provider-settings.ts';
import { CATALOGUE } from '../../src/providers/index.ts';

/** What the pages say is held to what is there. Each check gathers everything that is wrong, so that one run shows it all. */

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const pages = ['.', 'docs'].flatMap((folder) => markdownFiles(folder, { isDeep: folder !== '.' }));

describe('the documentation', () => {
  it('links to files and headings that there are', () => {
    const broken = pages.flatMap((page) => linksOf(page).flatMap((target) => brokenBecause(page, target) ?? []));
    assert.deepEqual(broken, []);
  });

  it('has a paragraph for each dependency, and for nothing else', () => {
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(read('package.json')) as PackageJson;
    const wanted = [dependencies, optionalDependencies, devDependencies].flatMap(Object.keys);
    const described = headings('docs/dependencies.md').filter(({ level }) => level === 3);
    assert.deepEqual(described.map(({ text }) => text).sort(), wanted.sort());
  });

  it('names only variables that the source reads', () => {
    const unknown = pages.flatMap((page) =>
      variablesOf(page)
        .filter((name) => !isRead(name))
        .map((name) => `${page}: ${name}`),
    );
    assert.deepEqual(unknown, []);
  });

  it("lists every variable that the source reads: in the configuration page, a provider's on its own page", () => {
    const listed = new Set(
      ['docs/configuration.md', ...pages.filter((page) => page.startsWith('docs/providers/'))].flatMap(variablesOf),
    );
    assert.deepEqual(
      readNames().filter((name) => !listed.has(name)),
      [],
    );
  });

  it('draws diagrams that a renderer can begin to read', () => {
    const diagrams = pages.flatMap((page) => fences(page, 'mermaid').map((text) => ({ page, text })));
    assert.ok(diagrams.length > 0, 'there is no diagram to check');
    assert.deepEqual(
      diagrams.flatMap(({ page, text }) => problemsOfDiagram(text).map((problem) => `${page}: ${problem}`)),
      [],
    );
  });

  it('gives each word one meaning', () => {
    const words = [...read('docs/words.md').matchAll(/^\| (?!word\b|---)([^|]+?) \|/gm)].map(([, word]) => word ?? '');
    assert.ok(words.length > 20, 'the table of words was not found');
    assert.deepEqual(
      words.filter((word, index) => words.indexOf(word) !== index),
      [],
    );
  });

  it('lists each decision once, by its number', () => {
    const folder = 'docs/decisions';
    const records = readdirSync(path.join(root, folder))
      .filter((name) => /^\d{4}-.*\.md$/.test(name))
      .sort();
    const listed = linksOf(`${folder}/README.md`).filter((target) => /^\d{4}-/.test(target));
    assert.deepEqual(listed, records);
    for (const name of records) assert.match(read(`${folder}/${name}`), new RegExp(`^# ${name.slice(0, 4)} `), name);
  });

  it('maps the folders of the source, and all of them', () => {
    const mapped = [...read('README.md').matchAll(/^\| `src\/(\w+)\/` \|/gm)].map(([, folder]) => folder ?? '');
    const there = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(mapped.sort(), there.map(({ name }) => name).sort());
  });
});

interface PackageJson {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

function markdownFiles(folder: string, { isDeep }: { readonly isDeep: boolean }): string[] {
  const names = readdirSync(path.join(root, folder), { recursive: isDeep, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => path.join(folder, name));
}

const FENCE = /^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```$/gm;

function fences(page: string, language: string): string[] {
  return [...read(page).matchAll(FENCE)].filter(([, , name]) => name === language).map(([, , , text]) => text ?? '');
}

/** Without what is code: a link there is an example. */
function proseOf(page: string): string {
  return read(page)
    .replaceAll(FENCE, '')
    .replaceAll(/`[^`\n]*`/g, '`');
}

/** Targets of inline links, images and reference definitions. */
function linksOf(page: string): string[] {
  const prose = proseOf(page);
  const inline = [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target ?? '');
  const defined = [...prose.matchAll(/^\[[^\]]+\]: (\S+)$/gm)].map(([, target]) => target ?? '');
  return [...inline, ...defined];
}

function brokenBecause(page: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [file = '', anchor] = target.split('#');
  const linked = file === '' ? page : path.join(path.dirname(page), decodeURIComponent(file));
  if (!existsSync(path.join(root, linked))) return `${page}: there is no ${target}`;
  if (anchor === undefined || !linked.endsWith('.md')) return undefined;
  const isThere = headings(linked).some(({ slug }) => slug === decodeURIComponent(anchor));
  return isThere ? undefined : `${page}: ${linked} has no heading #${anchor}`;
}

interface Heading {
  readonly level: number;
  readonly text: string;
  readonly slug: string;
}

function headings(page: string): Heading[] {
  const lines = read(page)
    .replaceAll(FENCE, '')
    .matchAll(/^(#{1,6}) (.+)$/gm);
  return [...lines].map(([, marks = '', text = '']) => ({ level: marks.length, text, slug: slugOf(text) }));
}

/** As GitHub makes an anchor: letters of any script, digits, dashes; spaces become dashes. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}

/** Of the form `KIPPU_NAME`; a name with a placeholder in it (`KIPPU_<PROVIDER>_…`) is none. */
function variablesOf(page: string): string[] {
  const names = [...read(page).matchAll(/\bKIPPU_[A-Z0-9]+(?:_[A-Z0-9]+)*\b(?!_)/g)].map(([name]) => name);
  return [...new Set(names)].filter((name) => !EXAMPLE_NAMES.includes(name) && !OF_AN_EXAMPLE.test(name));
}

/** Variables of the providers that the examples make up. */
const OF_AN_EXAMPLE = /^KIPPU_(ACME|CORP)_(CLIENT_ID|CLIENT_SECRET|ISSUER|BASE_URL)$/;

/** What a program that asks Kippu is told, in the examples; no settings of Kippu. */
const EXAMPLE_NAMES = ['KIPPU_KEY', 'KIPPU_URL', 'KIPPU_API_KEY'];

const CONFIG = 'src/app/config.ts';

/** The settings that the configuration is made from; those of a provider are composed of its id. */
function readNames(): string[] {
  const source = read(CONFIG);
  const fixed = [...source.matchAll(/'(KIPPU_[A-Z_]+)'/g)].map(([, name]) => name ?? '');
  const suffixes = [...source.matchAll(/\$\{prefix\}([A-Z_]+)/g)].map(([, suffix]) => suffix ?? '');
  const composed = CATALOGUE.flatMap((provider) =>
    [...suffixes, ...particularVariables(provider)]
      // Only to a provider that takes signatures does an app give a key.
      .filter((suffix) => !suffix.startsWith('PRIVATE_KEY') || provider.clientAuth.privateKeyJwt !== undefined)
      .map((suffix) => `KIPPU_${provider.id.toUpperCase()}_${suffix}`),
  );
  return [...new Set([...fixed, ...composed])];
}

function isRead(name: string): boolean {
  return readNames().includes(name);
}

const DIAGRAMS = ['sequenceDiagram', 'stateDiagram-v2', 'flowchart', 'graph', 'classDiagram', 'erDiagram', 'gantt'];
const OPENERS = /^(alt|opt|loop|par|critical|break|rect|box)\b/;

function problemsOfDiagram(text: string): string[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('%%'));
  const header = lines[0]?.split(/\s/)[0] ?? '';
  const problems: string[] = [];
  if (!DIAGRAMS.includes(header)) problems.push(`"${header}" begins no diagram`);
  for (const [open, close] of ['()', '[]', '{}']) {
    if (count(text, open ?? '') !== count(text, close ?? ''))
      problems.push(`${header}: ${open}${close} are not balanced`);
  }
  if (header !== 'sequenceDiagram') return problems;
  const opened = lines.filter((line) => OPENERS.test(line)).length;
  const closed = lines.filter((line) => line === 'end').length;
  if (opened !== closed) problems.push(`${header}: ${opened} blocks begin and ${closed} end`);
  return [
    ...problems,
    ...lines
      .slice(1)
      .filter((line) => !isSequenceLine(line))
      .map((line) => `${header}: cannot read "${line}"`),
  ];
}

function isSequenceLine(line: string): boolean {
  // A semicolon ends a statement in Mermaid, also within a text.
  if (line.includes(';')) return false;
  return (
    OPENERS.test(line) ||
    /^(autonumber$|participant \w+|actor \w+|Note (over|left of|right of) |else\b|and\b|end$)/.test(line) ||
    /^\w+--?>>\w+: \S/.test(line)
  );
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
