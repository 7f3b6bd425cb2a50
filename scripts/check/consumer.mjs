import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Somebody's project that uses the package: a program, and a file that is compiled. */
export function prepareConsumer(folder, { names, needParts, isBare, root }) {
  mkdirSync(folder, { recursive: true });
  const write = (name, text) => writeFileSync(path.join(folder, name), text);
  const loads = names.filter((name) => !isBare || !needParts.includes(name));
  write('package.json', JSON.stringify({ name: 'tries-kippu', private: true, type: 'module' }));
  write('use.mjs', program({ loads, explains: names.filter((name) => !loads.includes(name)), isBare }));
  write('use.ts', typedUse(loads));
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['preserve', 'bundler'],
  ]) {
    const compilerOptions = { ...strictOptions(root), module, moduleResolution: resolution };
    write(`tsconfig.${resolution}.json`, JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  }
}

export function isOneLine(text) {
  return text.trim() !== '' && !text.trim().includes('\n');
}

/** Tells all that fails, not only the first. */
function program({ loads, explains, isBare }) {
  return `
const wrong = [];
for (const name of ${JSON.stringify(loads)}) {
  try {
    if (Object.keys(await import(name)).length === 0) wrong.push(name + ' exports nothing');
  } catch (error) {
    wrong.push('import ' + name + ': ' + error.message);
  }
}
const isExplained = (error) =>
  error.code === 'not_installed' && error.message.includes('npm install ') && !error.message.includes('\\n');
for (const name of ${JSON.stringify(explains)}) {
  // One that loads its part at the first use is right as well.
  const error = await import(name).then(() => undefined, (thrown) => thrown);
  if (error !== undefined && !isExplained(error)) wrong.push('import ' + name + ' does not say what is missing: ' + error);
}
${USE}
const mail = { smtpUrl: 'smtps://mail.example', from: 'kippu@app.example', to: ['me@app.example'] };
await expect(await thrownWith({}), (error) => error?.code === 'not_found', 'the library on SQLite');
await expect(
  await thrownWith({ mail }),
  ${isBare ? 'isExplained' : "(error) => error?.code === 'not_found'"},
  'the library with mail',
);
if (wrong.length > 0) {
  console.error(wrong.join('\\n'));
  process.exitCode = 1;
}
`;
}

/** A store is made, opened and closed; there is no connection in it. */
const USE = `
const { createKippu } = await import('kippu');
const { x } = await import('kippu/providers');
const { sqlite } = await import('kippu/sqlite');
async function thrownWith(more) {
  const kippu = createKippu({
    publicUrl: 'http://127.0.0.1:4180',
    store: sqlite('kippu-' + process.versions.node + Object.keys(more).join() + '.db'),
    home: 'home-' + process.versions.node + Object.keys(more).join(),
    providers: [x({ clientId: 'a-client' })],
    ...more,
  });
  try {
    await kippu.getAccessToken('x:nobody');
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await kippu.close();
  }
}
async function expect(error, isRight, what) {
  if (!isRight(error)) wrong.push(what + ': ' + error);
}
`;

function typedUse(names) {
  const all = names.map((name, index) => `export * as e${index} from '${name}';\n`).join('');
  return `${all}
import { createKippu, type Kippu } from 'kippu';
import { x } from 'kippu/providers';
import { sqlite } from 'kippu/sqlite';

export const kippu: Kippu = createKippu({
  publicUrl: 'https://app.example',
  store: sqlite('kippu.db'),
  providers: [x({ clientId: 'a-client' })],
});
export const token: Promise<string> = kippu.getAccessToken('x:alice').then(({ accessToken }) => accessToken);
`;
}

function strictOptions(root) {
  return {
    target: 'es2024',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
  };
}
