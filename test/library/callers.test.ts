import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { postgres } from '../../src/store/postgres/index.ts';
import { asAdministrator } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { Application } from './application.ts';

const PROGRAM = fileURLToPath(new URL('callers-process.ts', import.meta.url));
const PROCESSES = 4;
const CALLS = 10_000;

test('ten thousand callers in four real processes, of one token that is over, make one exchange', async (t) => {
  await using app = await Application.start();
  await makeOneExchange(t, app, {
    database: app.databasePath,
    endTokens: async (atMs) => {
      const database = new DatabaseSync(app.databasePath);
      database.prepare('update credentials set access_expires_at_ms = ?').run(atMs);
      database.close();
    },
  });
});

test('and so they do in PostgreSQL', async (t) => {
  const server = await PostgresServer.start();
  t.after(() => server.remove());
  const url = server.url('schema=herd');
  await using app = await Application.start({ kippu: { store: postgres(url) } });
  await makeOneExchange(t, app, {
    database: url,
    endTokens: (atMs) =>
      asAdministrator(url, async (client) => {
        await client.query(`update herd.credentials set access_expires_at_ms = ${atMs}`);
      }),
  });
});

interface Shared {
  /** A path, or a URL: what the processes share. */
  readonly database: string;
  readonly endTokens: (atMs: number) => Promise<void>;
}

async function makeOneExchange(t: TestContext, app: Application, { database, endTokens }: Shared): Promise<void> {
  const { id } = await app.connect('alice');
  const { accessToken: over } = await app.kippu.getAccessToken(id);
  await endTokens(Date.now() - 1000);

  const args = [PROGRAM, database, join(app.directory, 'home'), app.sim.url, id, String(CALLS / PROCESSES)];
  const callers = Array.from({ length: PROCESSES }, () => {
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  });
  const heard = () => Promise.all(callers.map(async ({ lines }) => String((await lines.next()).value)));
  assert.deepEqual(
    await heard(),
    callers.map(() => 'ready'),
  );
  // Long enough for all of them to find the exchange under way.
  app.sim.faults.delayNextAnswer('token', 500);
  for (const { child } of callers) child.stdin.write('go\n');
  const answers = (await heard()).map((line) => JSON.parse(line) as { served: number; tokens: string[] });
  await Promise.all(callers.map(async ({ child }) => (child.exitCode === null ? once(child, 'exit') : [])));

  assert.equal(
    answers.reduce((sum, { served }) => sum + served, 0),
    CALLS,
  );
  const tokens = new Set(answers.flatMap((answer) => answer.tokens));
  assert.equal(tokens.size, 1);
  assert.ok(!tokens.has(over));
  const { renewals, presentedTwice } = app.sim.state().counts;
  assert.deepEqual({ renewals, presentedTwice }, { renewals: 1, presentedTwice: 0 });
}
