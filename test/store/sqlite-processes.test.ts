import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { systemRandom } from '../../src/app/ports/system-random.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { APP, connected, stored } from '../support/store-samples.ts';

const PROGRAM = fileURLToPath(new URL('sqlite-process.ts', import.meta.url));
const PROCESSES = 4;

class Sibling {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(path: string, ids: readonly string[]) {
    this.#child = spawn(process.execPath, [PROGRAM, path, ...ids], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value } = await this.#lines.next();
    return String(value);
  }

  go(): void {
    this.#child.stdin?.write('go\n');
  }

  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}

test('processes that start together on an empty file migrate it once, and all of them get on', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kippu-starters-'));
  const path = join(directory, 'kippu.db');
  const siblings = Array.from({ length: PROCESSES }, () => new Sibling(path, []));
  assert.deepEqual(
    await Promise.all(siblings.map((sibling) => sibling.line())),
    siblings.map(() => 'ready'),
  );
  for (const sibling of siblings) sibling.go();
  assert.deepEqual(
    await Promise.all(siblings.map((sibling) => sibling.ended())),
    siblings.map(() => 0),
  );
  const store = await openSqliteStore({
    path,
    clock: systemClock,
    random: systemRandom,
    faults: { reach: () => undefined },
    migrates: false,
  });
  assert.deepEqual((await store.migrations()).pending, []);
  await store.close();
  rmSync(directory, { recursive: true });
});

test('of several processes that claim the same credential, exactly one gets it, for each of fifty', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kippu-claims-'));
  const path = join(directory, 'kippu.db');
  const store = await openSqliteStore({
    path,
    clock: systemClock,
    random: systemRandom,
    faults: { reach: () => undefined },
    migrates: true,
  });
  await store.home.registerApps([APP]);
  const nowMs = Date.now();
  const connections = await Promise.all(
    Array.from({ length: 50 }, (_, index) => connected(store, `user${index}`, nowMs)),
  );
  const ids = connections.map(({ id }) => id);
  const siblings = Array.from({ length: PROCESSES }, () => new Sibling(path, ids));
  await Promise.all(siblings.map((sibling) => sibling.line()));
  for (const sibling of siblings) sibling.go();
  const won = await Promise.all(siblings.map(async (sibling) => JSON.parse(await sibling.line()) as string[]));
  assert.deepEqual(won.flat().toSorted(), ids.toSorted());
  for (const connection of connections) {
    const credential = await stored(store, connection);
    const attempts = await store.credentials.attempts(connection.id, 9);
    assert.equal(attempts.length, 1);
    assert.equal(credential.openAttempt?.id, attempts[0]?.id);
    assert.equal(credential.lease?.holder.pid, attempts[0]?.sender.pid);
  }
  assert.deepEqual(
    await Promise.all(siblings.map((sibling) => sibling.ended())),
    siblings.map(() => 0),
  );
  await store.close();
  rmSync(directory, { recursive: true });
});
