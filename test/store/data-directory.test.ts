import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import { openDataDirectory, type DataDirectory, type ServerRecord } from '../../src/store/data-directory.ts';
import { createFile, makeDirectory, type FileCalls } from '../../src/store/durable-file.ts';
import { errorOf, printed, ringEntry } from '../vault/rings.ts';
import { random } from './settlements.ts';

const temporary = mkdtempSync(join(tmpdir(), 'kippu-home-'));
after(() => {
  rmSync(temporary, { recursive: true });
});
let directories = 0;

function newPath(): string {
  directories += 1;
  return join(temporary, String(directories), '.kippu');
}

function open(path = newPath()): DataDirectory {
  return openDataDirectory(path, random);
}

const moduleAt = (path: string): string => new URL(path, import.meta.url).href;
const noModes = { skip: process.platform === 'win32' && 'skipped, because Windows has no modes' };
const modeOf = (path: string): number => statSync(path).mode & 0o777;

const SERVER: ServerRecord = {
  url: 'http://127.0.0.1:4180',
  pid: 4711,
  started: '88231',
  key: new Secret('kpu_canary_91'),
  version: '0.1.0',
};
const isRunning = (): boolean => false;

test('the data directory is made for its user alone, with everything above it', noModes, () => {
  const { path, spoolPath, sandboxPath } = open();
  assert.equal(modeOf(path), 0o700);
  assert.deepEqual([spoolPath, sandboxPath], [join(path, 'spool'), join(path, 'sandbox')]);
});

test('every directory that was made is durable: the one above it is synced', noModes, () => {
  const synced: string[] = [];
  const files = {
    ...fs,
    openSync: (path: string) => {
      synced.push(path);
      return fs.openSync(path, 'r');
    },
  } as FileCalls;
  makeDirectory(join(temporary, 'a', 'b', 'c'), files);
  assert.deepEqual(synced, [join(temporary, 'a', 'b'), join(temporary, 'a'), temporary]);
  makeDirectory(join(temporary, 'a', 'b', 'c'), files);
  assert.equal(synced.length, 3);
});

test('an existing data directory stays as it is', noModes, () => {
  const path = newPath();
  mkdirSync(path, { recursive: true, mode: 0o755 });
  writeFileSync(join(path, 'notes'), 'mine');
  open(path);
  assert.equal(modeOf(path), 0o755);
  assert.deepEqual(readdirSync(path), ['notes']);
});

test('a relative path means one below the directory where Kippu was started', () => {
  assert.equal(openDataDirectory('.', random).path, process.cwd());
});

test('a data directory that cannot be made says which, why and what to do', () => {
  const path = newPath();
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, 'a file');
  const error = errorOf(() => open(path));
  assert.equal(error.code, 'store_unavailable');
  assert.match(error.message, new RegExp(`The data directory ${path} cannot be used \\(EEXIST .*set KIPPU_HOME`));
});

// The key ring.

test('a key ring that was written is read back, and its file is for its user alone', noModes, () => {
  const home = open();
  const ring = ringEntry('2026a');
  assert.equal(home.readKeys(), undefined);
  assert.equal(home.createKeys(new Secret(ring)), true);
  assert.equal(home.readKeys()?.reveal(), ring);
  assert.equal(modeOf(home.keysPath), 0o600);
  assert.deepEqual(readdirSync(home.path), ['keys']);
});

test('a key ring is never replaced by a new one', () => {
  const home = open();
  const ring = ringEntry('2026a');
  home.createKeys(new Secret(ring));
  assert.equal(home.createKeys(new Secret(ringEntry('2026b'))), false);
  assert.equal(home.readKeys()?.reveal(), ring);
  assert.deepEqual(readdirSync(home.path), ['keys']);
});

for (const mode of [0o640, 0o604, 0o644, 0o620, 0o666, 0o610]) {
  test(`a key ring with mode ${mode.toString(8)} is refused, with the command that mends it`, noModes, () => {
    const home = open();
    const ring = ringEntry('2026a');
    home.createKeys(new Secret(ring));
    chmodSync(home.keysPath, mode);
    const error = errorOf(() => home.readKeys());
    assert.equal(error.code, 'invalid');
    assert.match(error.message, new RegExp(`\\(mode ${mode.toString(8)}\\)\\. Run: chmod 600 '${home.keysPath}'\\.`));
    assert.equal(printed(error).includes(ring.slice(6)), false);
    chmodSync(home.keysPath, 0o400);
    assert.equal(home.readKeys()?.reveal(), ring);
  });
}

test('a key ring that cannot be read is an error, never taken for one that is missing', () => {
  const home = open();
  mkdirSync(home.keysPath);
  const error = errorOf(() => home.readKeys());
  assert.equal(error.code, 'store_unavailable');
  assert.match(error.message, /cannot be used \(EISDIR/);
});

test(
  'of many processes that start at once one makes the key ring, and all have the same',
  { timeout: 60_000 },
  async () => {
    const path = newPath();
    const program = `
    import { openDataDirectory } from ${JSON.stringify(moduleAt('../../src/store/data-directory.ts'))};
    import { Secret } from ${JSON.stringify(moduleAt('../../src/model/secret.ts'))};
    import { randomBytes } from 'node:crypto';
    const random = { bytes: (count) => randomBytes(count), unit: () => 0.5 };
    const home = openDataDirectory(process.argv[1], random);
    const isMine = home.createKeys(new Secret('2026a:' + randomBytes(32).toString('base64')));
    console.log(JSON.stringify([isMine, home.readKeys().reveal(), home.nodeId()]));
  `;
    const lines = await Promise.all(
      Array.from({ length: 6 }, () => outputOf(['--input-type=module', '--eval', program, path])),
    );
    const results = lines.map((line) => JSON.parse(line) as [boolean, string, string]);
    assert.equal(results.filter(([isMine]) => isMine).length, 1);
    assert.equal(new Set(results.map(([, ring]) => ring)).size, 1);
    assert.equal(new Set(results.map(([, , node]) => node)).size, 1);
    assert.deepEqual(readdirSync(path).sort(), ['keys', 'node-id']);
  },
);

function outputOf(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject).on('close', () => {
      resolve(output);
    });
  });
}

// The node.

test('a node keeps its id over restarts, and two data directories are two nodes', () => {
  const path = newPath();
  const id = open(path).nodeId();
  assert.match(id, /^nod_[0-9a-z]{20}$/);
  assert.equal(open(path).nodeId(), id);
  assert.notEqual(open().nodeId(), id);
});

test('a file that holds no node id is refused by name', () => {
  const home = open();
  writeFileSync(join(home.path, 'node-id'), '');
  const error = errorOf(() => home.nodeId());
  assert.equal(error.code, 'invalid');
  assert.match(error.message, /node-id holds no node id\. Remove the file/);
});

// The running server.

test('a running server is found through the data directory, by nobody but its user', noModes, () => {
  const home = open();
  assert.equal(home.readServer(isRunning), undefined);
  home.writeServer(SERVER);
  const found = home.readServer(isRunning);
  assert.deepEqual({ ...found, key: found?.key.reveal() }, { ...SERVER, key: 'kpu_canary_91' });
  assert.equal(modeOf(join(home.path, 'server.json')), 0o600);
  assert.equal(printed(found).includes('kpu_canary_91'), false);
});

test('what a killed server left behind is no server', () => {
  const home = open();
  home.writeServer(SERVER);
  assert.equal(
    home.readServer(({ pid, started }) => pid === 4711 && started === '88231'),
    undefined,
  );
});

test("a new server takes the place of the old one's record", () => {
  const home = open();
  home.writeServer(SERVER);
  home.writeServer({ ...SERVER, pid: 4712, url: 'http://127.0.0.1:4181' });
  assert.equal(home.readServer(isRunning)?.url, 'http://127.0.0.1:4181');
  assert.deepEqual(readdirSync(home.path), ['server.json']);
});

test('a server removes its own record, and not that of one that came after it', () => {
  const home = open();
  home.writeServer(SERVER);
  home.writeServer({ ...SERVER, started: '99999' });
  home.removeServer(SERVER);
  assert.equal(home.readServer(isRunning)?.started, '99999');
  home.removeServer({ pid: 4711, started: '99999' });
  home.removeServer({ pid: 4711, started: '99999' });
  assert.equal(existsSync(join(home.path, 'server.json')), false);
});

for (const text of [
  '',
  '{',
  'null',
  '[]',
  '7',
  '{"url":"http://127.0.0.1:4180"}',
  '{"url":1,"pid":"x","started":"s","key":"k","version":"v"}',
]) {
  test(`a server record that reads ${JSON.stringify(text)} is no server`, () => {
    const home = open();
    writeFileSync(join(home.path, 'server.json'), text);
    assert.equal(home.readServer(isRunning), undefined);
  });
}

test(
  'a reader sees a whole server record, whatever a writer that is killed was doing',
  { timeout: 60_000 },
  async () => {
    const home = open();
    const program = `
    import { openDataDirectory } from ${JSON.stringify(moduleAt('../../src/store/data-directory.ts'))};
    import { Secret } from ${JSON.stringify(moduleAt('../../src/model/secret.ts'))};
    import { randomBytes } from 'node:crypto';
    const home = openDataDirectory(process.argv[1], { bytes: (count) => randomBytes(count), unit: () => 0.5 });
    for (let round = 0; ; round += 1) {
      home.writeServer({ url: 'http://127.0.0.1/' + 'x'.repeat(round % 9000), pid: round, started: 's', key: new Secret('k'), version: 'v' });
      if (round === 0) console.log('written');
      if (round === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  `;
    for (let round = 0; round < 3; round += 1) {
      const writer = spawn(process.execPath, ['--input-type=module', '--eval', program, home.path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(writer.stdout, 'data');
      for (let reading = 0; reading < 300; reading += 1) assert.ok(home.readServer(isRunning));
      writer.kill('SIGKILL');
      await once(writer, 'close');
      assert.ok(home.readServer(isRunning));
    }
  },
);

test('where a file system has no links, a file is created once all the same', () => {
  const { keysPath, path } = open();
  const linkless = {
    ...fs,
    linkSync: () => {
      throw Object.assign(new Error('EPERM: no links here'), { code: 'EPERM', syscall: 'link' });
    },
  };
  assert.equal(createFile({ file: keysPath, text: 'first' }, random, linkless), true);
  assert.equal(createFile({ file: keysPath, text: 'second' }, random, linkless), false);
  assert.equal(readFileSync(keysPath, 'utf8'), 'first');
  assert.deepEqual(readdirSync(path), ['keys']);
});
