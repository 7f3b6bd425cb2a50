import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { clockReadings, longFiles, namesThatSayNothing, sqlText, syntaxThatMakesCode } from './habits.ts';
import { cycles, forbiddenImports, importsOf, type LayerTable } from './imports.ts';
import { providerBranching } from './provider-branching.ts';
import { syntaxTrees, type Parsed, type Sources } from './syntax-trees.ts';

const BELOW_APP = 'model providers protocol vault renewal connect store session posts notify'.split(' ');

/** The map of `src`. A change here is a decision about the design and has a commit of its own. */
const TABLE: LayerTable = {
  folders: {
    model: [],
    providers: ['model'],
    protocol: ['model', 'providers'],
    vault: ['model'],
    renewal: ['model', 'providers', 'protocol'],
    connect: ['model', 'providers', 'protocol'],
    store: ['model'],
    session: ['model', 'providers', 'protocol', 'renewal', 'connect', 'vault'],
    posts: ['model'],
    notify: ['model'],
    app: BELOW_APP,
    server: ['app', 'model'],
    cli: ['app', 'server', 'sim', 'model'],
    sim: ['model', 'providers'],
  },
  files: { 'index.ts': ['app', 'model'], 'session.ts': ['app', 'model'], 'node.ts': ['app'] },
  packages: {
    '@hono/node-server': ['server'],
    commander: ['cli'],
    croner: ['posts'],
    hono: ['server'],
    jose: ['protocol'],
    nodemailer: ['notify'],
    oauth4webapi: ['protocol'],
    pg: ['store/postgres'],
    pino: ['app'],
    'pino-pretty': ['app'],
    standardwebhooks: ['notify'],
    'twitter-text': ['posts', 'sim'],
    uqr: ['cli'],
    zod: ['app', 'server', 'sim'],
  },
};

/** Where time may come from: the edges, and the files that implement the port. */
const MAY_READ_CLOCK = ['src/app/', 'src/cli/', 'src/sim/real-clock.ts'];

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const src = syntaxTrees(read('src', '.ts'));
const everything = {
  ...read('src', '.ts'),
  ...read('test', '.ts'),
  ...read('scripts', '.mjs'),
  ...read('bin', '.mjs'),
};
const knownProviderIds = new Set(
  Object.entries(everything)
    .filter(([file]) => file.startsWith('src/providers/data/'))
    .flatMap(([, text]) => /^\s*id: '([^']+)'/m.exec(text)?.[1] ?? []),
);

test('a folder imports only what the map allows', () => {
  none(forbiddenImports(importsOf(src), TABLE));
});

test('no files import one another in a circle', () => {
  none(cycles(importsOf(src)));
});

test('nothing asks which provider it has', () => {
  none(providerBranching(src, knownProviderIds));
});

test('SQL is in the stores only', () => {
  none(sqlText(without(src, ['src/store/'])));
});

test('only the edges read the clock', () => {
  none(clockReadings(without(src, MAY_READ_CLOCK)));
});

test('no syntax needs more than leaving out the types', () => {
  none(syntaxThatMakesCode(src));
});

test('every file name says what the file holds', () => {
  none(namesThatSayNothing(Object.keys(everything)));
});

test('no file is longer than 400 lines', () => {
  none(longFiles(everything));
});

test('a forbidden import is found in whatever form it is written', () => {
  const found = look(
    {
      'src/renewal/a.ts': `
        import { x } from '../store/sqlite/b.ts';
        import type { Y } from '../app/b.ts';
        export * from '../server/b.ts';
        export type { Z } from '../cli/b.ts';
        const lazy = await import('../posts/b.ts');
        type Far = import('../notify/b.ts').Far;
        import '../../scripts/install.mjs';
        import '../protocol/b.ts';
        import './b.ts';
        import 'node:fs';
        // import '../vault/b.ts';
        const text = "import '../vault/b.ts'" + \`import '../vault/b.ts'\` + /import '..\\/vault\\/b.ts'/.source;`,
      'src/index.ts': `export { renew } from './renewal/a.ts'; export type { Q } from './model/b.ts';`,
      'src/unheard-of/a.ts': `import '../model/b.ts';`,
    },
    (files) => forbiddenImports(importsOf(files), TABLE),
  );
  assert.deepEqual(found, [
    'src/renewal/a.ts:2 imports ../store/sqlite/b.ts: renewal may import model, providers, protocol',
    'src/renewal/a.ts:3 imports ../app/b.ts: renewal may import model, providers, protocol',
    'src/renewal/a.ts:4 imports ../server/b.ts: renewal may import model, providers, protocol',
    'src/renewal/a.ts:5 imports ../cli/b.ts: renewal may import model, providers, protocol',
    'src/renewal/a.ts:6 imports ../posts/b.ts: renewal may import model, providers, protocol',
    'src/renewal/a.ts:7 imports ../notify/b.ts: renewal may import model, providers, protocol',
    'src/renewal/a.ts:8 imports ../../scripts/install.mjs: it lies outside src',
    'src/index.ts:1 imports ./renewal/a.ts: index.ts may import app, model',
    'src/unheard-of/a.ts:1 imports ../model/b.ts: the table does not know src/unheard-of',
  ]);
});

test('a package is found where it may not be imported', () => {
  const found = look(
    {
      'src/renewal/a.ts': `import { z } from 'zod'; import type { Hono } from 'hono/tiny'; import 'left-pad'; import '@hono/node-server/x';`,
      'src/store/sqlite/a.ts': `import pg from 'pg';`,
      'src/store/postgres/a.ts': `import pg from 'pg';`,
      'src/server/a.ts': `import { Hono } from 'hono/tiny'; import { z } from 'zod'; import fs from 'fs';`,
    },
    (files) => forbiddenImports(importsOf(files), TABLE),
  );
  assert.deepEqual(found, [
    'src/renewal/a.ts:1 imports zod: only for app, server, sim',
    'src/renewal/a.ts:1 imports hono/tiny: only for server',
    'src/renewal/a.ts:1 imports left-pad: the table does not know this package',
    'src/renewal/a.ts:1 imports @hono/node-server/x: only for server',
    'src/store/sqlite/a.ts:1 imports pg: only for store/postgres',
    'src/server/a.ts:1 imports fs: the table does not know this package',
  ]);
});

test('a circle is found, also one of types only', () => {
  const found = look(
    {
      'src/model/a.ts': `import { b } from './b.ts';`,
      'src/model/b.ts': `import type { C } from './deep/c.ts';`,
      'src/model/deep/c.ts': `export * from '../a.ts'; import '../d.ts';`,
      'src/model/d.ts': `export const d = 1;`,
    },
    (files) => cycles(importsOf(files)),
  );
  assert.deepEqual(found, ['src/model/a.ts → src/model/b.ts → src/model/deep/c.ts → src/model/a.ts']);
});

test('asking which provider it is is found in whatever form it is written', () => {
  const asks = [
    `if (provider.id === 'x') {}`,
    `if ('github' !== app.provider?.id) {}`,
    `if (provider!.id == SPECIAL) {}`,
    `const odd = seen.provider.id === x.id;`,
    `switch (provider.id) { case 'x': }`,
    `switch (connection.provider) { case 'x': }`,
    `if (connection.providerId === 'x') {}`,
    `if (['x', 'github'].includes(providerOf(connection).id)) {}`,
    `const isX = row.id === 'x';`,
    `if ((this.#provider as Provider).id === \`x\`) {}`,
  ];
  for (const ask of asks) {
    const found = look({ 'src/app/a.ts': ask }, (files) => providerBranching(files, new Set(['x'])));
    assert.equal(found.length, 1, `${ask} is not found`);
  }
  const harmless = `
    const app = apps.find((candidate) => candidate.provider.id === wanted.providerId);
    if (connection.provider !== request.provider || typeof provider === 'string') {}
    if (provider.quirks.rotation === 'none' || provider.id === undefined || row.id === 'con_1') {}
    switch (provider.rotation) { case 'single-use': }
    if (providerApp.id === other.providerAppId) {}
    // if (provider.id === 'x') {}
    const text = "provider.id === 'x'";`;
  none(look({ 'src/app/a.ts': harmless }, (files) => providerBranching(files, new Set(['x']))));
});

test('SQL is found in strings and templates, and prose is not taken for it', () => {
  const statements = [
    '`select * from ${table} where id = ?`',
    `'INSERT INTO posts VALUES (1)'`,
    '`\n  update credentials set version = ${n}`',
    `'delete from leases'`,
    `'create unique index i on t (a)'`,
    `'pragma journal_mode = wal'`,
    '`with due as (select 1) select 2`',
  ];
  for (const text of statements) {
    assert.equal(look({ 'src/app/a.ts': `run(${text});` }, sqlText).length, 1, `${text} is not found`);
  }
  const prose = `
    say('Select an account from the list'); say('update'); say('Delete from the calendar'); say('create a post');
    // select * from comments
    const selected = 'selection from here';`;
  none(look({ 'src/app/a.ts': prose }, sqlText));
});

test('the other rules can fail, too', () => {
  const clock = `new Date(); new Date; Date(); new Date(0); new Date(row.at); Date.UTC(2026, 1); const f = (d: Date) => d;`;
  assert.equal(look({ 'src/app/a.ts': clock }, clockReadings).length, 3);
  const syntax = `enum A {} const enum B {} namespace C {} declare module 'd' {} declare global {} const enumerate = 1;`;
  assert.deepEqual(look({ 'src/app/a.ts': syntax }, syntaxThatMakesCode), [
    'src/app/a.ts:1 declares an enum',
    'src/app/a.ts:1 declares an enum',
    'src/app/a.ts:1 declares a namespace',
  ]);
  assert.equal(namesThatSayNothing(['src/app/utils.ts', 'test/helpers.test.ts', 'src/model/common.ts']).length, 3);
  none(namesThatSayNothing(['src/app/utilisation.ts']));
  const lengths = { 'src/app/long.ts': 401, 'src/app/fits.ts': 400, 'src/providers/data/all.ts': 5000 };
  const long = Object.entries(lengths).map(([file, lines]) => [file, 'x\n'.repeat(lines)]);
  assert.deepEqual(longFiles(Object.fromEntries(long)), ['src/app/long.ts has 401 lines, of at most 400']);
});

function look<T>(sources: Sources, rule: (files: readonly Parsed[]) => T): T {
  return rule(syntaxTrees(sources));
}

/** Says all that was found, not only how much. */
function none(found: readonly string[]): void {
  assert.equal(found.join('\n'), '');
}

function read(folder: string, ending: string): Sources {
  const names = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  const files = names
    .filter((name) => name.endsWith(ending))
    .map((name) => path.posix.join(folder, ...name.split(path.sep)));
  return Object.fromEntries(files.sort().map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
}

function without(files: readonly Parsed[], starts: readonly string[]): readonly Parsed[] {
  return files.filter((file) => !starts.some((start) => file.path.startsWith(start)));
}
