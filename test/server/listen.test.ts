import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { noFaults } from '../../src/app/ports/no-faults.ts';
import { KippuError } from '../../src/model/errors.ts';
import { Secret } from '../../src/model/secret.ts';
import { checkExposure } from '../../src/app/exposure.ts';
import { createApiKey } from '../../src/app/api-keys.ts';
import { listen, type Listening } from '../../src/server/listen.ts';
import { createServer, type Server } from '../../src/server/server.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { LOCAL_KEY, openTestApp, REAL_CLOCK } from './served-kippu.ts';

const AUTHORIZED = { authorization: `Bearer ${LOCAL_KEY}` };

async function open() {
  const http = { send: () => Promise.reject(new Error('nobody calls a provider here')) };
  const app = await openTestApp({
    outside: { clock: REAL_CLOCK, random: seededRandom(), http, faults: noFaults },
    publicUrl: 'http://127.0.0.1:4180',
  });
  const server = createServer(app, { localKey: new Secret(LOCAL_KEY), version: '1.2.3' });
  return { app, server, [Symbol.asyncDispose]: () => app.close() };
}

async function listening(server: Server): Promise<Listening & AsyncDisposable> {
  const result = await listen(server, { host: '127.0.0.1', port: 0 });
  return { ...result, [Symbol.asyncDispose]: result.close };
}

test('it listens, answers, and says where it is', async () => {
  await using kippu = await open();
  await using at = await listening(kippu.server);
  assert.equal(at.url, `http://127.0.0.1:${at.port}`);
  const health = await fetch(`${at.url}/healthz`);
  assert.deepEqual([health.status, ((await health.json()) as { readonly version: string }).version], [200, '1.2.3']);
  assert.equal((await fetch(`${at.url}/v1/connections`)).status, 401);
  assert.equal((await fetch(`${at.url}/v1/connections`, { headers: AUTHORIZED })).status, 200);
  assert.equal((await fetch(`${at.url}/metrics`)).status, 200);
  const posted = await fetch(`${at.url}/v1/connect-sessions`, {
    method: 'POST',
    headers: AUTHORIZED,
    body: '{"provider":"x"}',
  });
  assert.equal(posted.status, 201);
});

test('a port that is taken is said in one sentence, with what to do', async () => {
  await using kippu = await open();
  await using at = await listening(kippu.server);
  await assert.rejects(listen(kippu.server, { host: '127.0.0.1', port: at.port }), (error) => {
    assert.ok(error instanceof KippuError);
    assert.deepEqual([error.code, error.where], ['conflict', '--port']);
    assert.match(error.message, new RegExp(`Port ${at.port} .* is taken.*--port`));
    return true;
  });
  await assert.rejects(
    listen(kippu.server, { host: '192.0.2.1', port: 0 }),
    (error) => error instanceof KippuError && error.code === 'invalid',
  );
});

test('closing lets what is under way finish, ends streams and takes nothing new', async () => {
  await using kippu = await open();
  const at = await listen(kippu.server, { host: '127.0.0.1', port: 0 });
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const list = kippu.app.store.connections.list.bind(kippu.app.store.connections);
  const arrived = new Promise<void>((resolve) => {
    Object.defineProperty(kippu.app.store.connections, 'list', {
      value: async (query: Parameters<typeof list>[0]) => {
        resolve();
        await held;
        return list(query);
      },
    });
  });
  const slow = fetch(`${at.url}/v1/connections`, { headers: AUTHORIZED });
  const stream = await fetch(`${at.url}/v1/events`, { headers: { ...AUTHORIZED, accept: 'text/event-stream' } });
  assert.equal(stream.headers.get('content-type'), 'text/event-stream');
  await arrived;
  const closed = at.close();
  assert.match(await stream.text(), /^retry: 3000\n\n/);
  await assert.rejects(fetch(`${at.url}/healthz`));
  release();
  const answer = await slow;
  assert.deepEqual([answer.status, ((await answer.json()) as { readonly items: unknown }).items], [200, []]);
  await closed;
});

test('what is not HTTP, and a client that goes away, harm nobody', async () => {
  await using kippu = await open();
  await using at = await listening(kippu.server);
  const socket = connect(at.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: \u0001\r\n\r\n'));
  socket.resume();
  await once(socket, 'close');
  const leaving = new AbortController();
  const stream = await fetch(`${at.url}/v1/events`, {
    headers: { ...AUTHORIZED, accept: 'text/event-stream' },
    signal: leaving.signal,
  });
  assert.equal(stream.status, 200);
  leaving.abort();
  assert.equal((await fetch(`${at.url}/healthz`)).status, 200);
});

test('an address that others can reach is served over https only, and never without a key', async () => {
  await using kippu = await open();
  const check = (host: string, publicUrl: string) => checkExposure({ host, publicUrl }, kippu.app);
  const refuses = (host: string, publicUrl: string, where: string) =>
    assert.rejects(
      check(host, publicUrl),
      (error) => error instanceof KippuError && error.code === 'misconfigured' && error.where === where,
    );
  for (const host of ['127.0.0.1', '127.0.0.53', 'localhost', '::1', '[::1]'])
    await check(host, 'http://127.0.0.1:4180');
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'kippu.internal', '127.0.0.1.evil.example']) {
    await refuses(host, 'http://127.0.0.1:4180', 'KIPPU_PUBLIC_URL');
    await refuses(host, 'https://kippu.example', 'KIPPU_HOST');
  }
  const { key } = await createApiKey({ name: 'first', scopes: ['admin'], connections: [] }, kippu.app);
  await check('0.0.0.0', 'https://kippu.example');
  await kippu.app.store.apiKeys.revoke(key.id);
  await refuses('0.0.0.0', 'https://kippu.example', 'KIPPU_HOST');
});
