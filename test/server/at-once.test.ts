import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createApiKey, type NewApiKey } from '../../src/app/api-keys.ts';
import { revokeApiKey } from '../../src/app/callers.ts';
import { MINUTE_MS } from '../../src/model/clock.ts';
import { listen } from '../../src/server/listen.ts';
import type { Server } from '../../src/server/server.ts';
import { serveKippu, type ServedKippu, type ServeOptions } from './served-kippu.ts';

const HOST = '127.0.0.1:4180';

/** Who asks for a token over a socket, and what for. */
interface Asking {
  readonly method?: string;
  readonly target: string;
  readonly version?: string;
  readonly headers: readonly string[];
  readonly body?: string;
}

/** One Kippu behind two sockets: at one of them everything goes the whole way. */
async function bothWays(options: ServeOptions = {}) {
  const kippu = await serveKippu(options);
  const connection = await kippu.connect('alice', { name: 'x:alice' });
  let answeredAtOnce = 0;
  const counting: Server = {
    ...kippu.server,
    answerAtOnce: (asked) => {
      const answer = kippu.server.answerAtOnce(asked);
      if (answer !== undefined) answeredAtOnce += 1;
      return answer;
    },
  };
  const quick = await listen(counting, { host: '127.0.0.1', port: 0 });
  const whole = await listen({ ...kippu.server, answerAtOnce: () => undefined }, { host: '127.0.0.1', port: 0 });
  return {
    kippu,
    id: String(connection.id),
    /** The two answers to the same thing, and whether the one came at once. */
    async ask(asking: Asking) {
      const before = answeredAtOnce;
      const answers = [await exchange(quick.port, asking), await exchange(whole.port, asking)] as const;
      return { quick: answers[0], whole: answers[1], isAtOnce: answeredAtOnce > before };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([quick.close(), whole.close()]);
      await kippu[Symbol.asyncDispose]();
    },
  };
}

/** Everything that comes back until the server closes. */
async function exchange(
  port: number,
  { method = 'GET', target, version = '1.1', headers, body = '' }: Asking,
): Promise<{ readonly head: readonly string[]; readonly body: string }> {
  const socket = connect(port, '127.0.0.1');
  const lines = [`${method} ${target} HTTP/${version}`, ...headers, 'Connection: close', '', body];
  socket.write(lines.join('\r\n'));
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  const end = text.indexOf('\r\n\r\n');
  const [status = '', ...rest] = text.slice(0, end).split('\r\n');
  // Their order says nothing (RFC 9110, section 5.3), and the clock goes on between two answers.
  const sorted = rest.map((line) => line.replace(/^Date: .*/, 'Date: now')).sort();
  return { head: [status, ...sorted], body: text.slice(end + 4) };
}

async function keyFor(kippu: ServedKippu, wish: Partial<NewApiKey> = {}) {
  const made = await createApiKey({ name: 'a key', scopes: ['tokens:read'], connections: [], ...wish }, kippu.app);
  kippu.answers.secrets.add(made.text.reveal());
  return { id: made.key.id, header: `Authorization: Bearer ${made.text.reveal()}` };
}

test('what is answered at once is what the whole way answers, and nothing else is answered at once', async () => {
  for (const publicUrl of ['http://127.0.0.1:4180', 'https://kippu.example', 'https://kippu.example/below']) {
    await using both = await bothWays({ publicUrl });
    const { kippu, id } = both;
    await kippu.connect('bob', { name: 'x:bob' });
    const good = (await keyFor(kippu)).header;
    const admin = (await keyFor(kippu, { scopes: ['admin'] })).header;
    const bound = (await keyFor(kippu, { connections: ['x:alice'] })).header;
    const elsewhere = (await keyFor(kippu, { connections: ['x:bob'] })).header;
    const scopeless = (await keyFor(kippu, { scopes: ['connections:read', 'posts:write'] })).header;
    const revoked = await keyFor(kippu);
    await revokeApiKey(revoked.id, kippu.app);
    const host = `Host: ${HOST}`;
    const path = '/v1/connections/x%3Aalice/token';
    const table: readonly (readonly [isAtOnce: boolean, what: string, asking: Asking])[] = [
      [true, 'a good key', { target: path, headers: [host, good] }],
      [true, 'a colon as it is', { target: '/v1/connections/x:alice/token', headers: [host, good] }],
      [true, 'by id', { target: `/v1/connections/${id}/token`, headers: [host, good] }],
      [
        true,
        'below the public address',
        { target: `${new URL(publicUrl).pathname.replace(/\/$/, '')}${path}`, headers: [host, good] },
      ],
      [true, 'an admin', { target: path, headers: [host, admin] }],
      [true, 'a key that is bound to it', { target: path, headers: [host, bound] }],
      [true, 'the public host', { target: path, headers: [`Host: ${new URL(publicUrl).host}`, good] }],
      [true, 'another port of this machine', { target: path, headers: ['Host: localhost:99', good] }],
      [
        true,
        'bearer in small letters, two spaces',
        { target: path, headers: [host, good.replace('Bearer', 'bearer ')] },
      ],
      [true, 'header names in capitals', { target: path, headers: ['HOST: localhost', good.replace('Auth', 'AUTH')] }],
      [
        true,
        'other headers',
        {
          target: path,
          headers: [host, good, 'Accept: text/html', 'Cookie: kippu-session=x', 'X-Forwarded-For: 1.2.3.4'],
        },
      ],
      [
        true,
        'a page of another site, with a key',
        { target: path, headers: [host, good, 'Origin: https://evil.example', 'Sec-Fetch-Site: cross-site'] },
      ],
      [true, 'a body that nobody reads', { target: path, headers: [host, good, 'Content-Length: 4'], body: 'body' }],
      [false, 'no key', { target: path, headers: [host] }],
      [false, 'a key that does not exist', { target: path, headers: [host, 'Authorization: Bearer kpu_x'] }],
      [false, 'a key that was revoked', { target: path, headers: [host, revoked.header] }],
      [false, 'no bearer', { target: path, headers: [host, 'Authorization: Basic eDp5'] }],
      [false, 'an empty authorization', { target: path, headers: [host, 'Authorization:'] }],
      [false, 'two keys', { target: path, headers: [host, good, good] }],
      [false, 'the wrong scope', { target: path, headers: [host, scopeless] }],
      [false, 'a key that is bound to another', { target: path, headers: [host, elsewhere] }],
      [false, 'bound to another, by id', { target: `/v1/connections/${id}/token`, headers: [host, elsewhere] }],
      [false, 'a foreign host', { target: path, headers: ['Host: evil.example', good] }],
      [false, 'a host with a user', { target: path, headers: [`Host: a@${HOST}`, good] }],
      [false, 'two hosts', { target: path, headers: [host, 'Host: evil.example', good] }],
      [false, 'no host', { target: path, headers: [good] }],
      [false, 'an empty host', { target: path, headers: ['Host:', good] }],
      [false, 'HTTP/1.0', { target: path, version: '1.0', headers: [host, good] }],
      [false, 'an unknown connection', { target: '/v1/connections/x%3Anobody/token', headers: [host, good] }],
      [false, 'HEAD', { method: 'HEAD', target: path, headers: [host, good] }],
      [false, 'POST', { method: 'POST', target: path, headers: [host, good, 'Content-Length: 2'], body: '{}' }],
      [false, 'DELETE', { method: 'DELETE', target: path, headers: [host, good] }],
      [false, 'a parameter', { target: `${path}?min_ttl=60`, headers: [host, good] }],
      [false, 'a parameter that there is not', { target: `${path}?x=1`, headers: [host, good] }],
      [false, 'a question mark alone', { target: `${path}?`, headers: [host, good] }],
      [false, 'a fragment', { target: `${path}#x`, headers: [host, good] }],
      [false, 'a slash at the end', { target: `${path}/`, headers: [host, good] }],
      [false, 'two slashes', { target: path.replace('/token', '//token'), headers: [host, good] }],
      [false, 'a slash in disguise', { target: '/v1/connections/x%2Falice/token', headers: [host, good] }],
      [
        false,
        'a slash in disguise before the last part',
        { target: '/v1/connections/x%3Aalice%2Ftoken', headers: [host, good] },
      ],
      [false, 'decoded twice', { target: '/v1/connections/x%253Aalice/token', headers: [host, good] }],
      [false, 'half an escape', { target: '/v1/connections/x%3/token', headers: [host, good] }],
      [false, 'no text', { target: '/v1/connections/%FF/token', headers: [host, good] }],
      [false, 'no text behind a name', { target: '/v1/connections/x%FF/token', headers: [host, good] }],
      [false, 'a zero byte', { target: '/v1/connections/x%3Aalice%00/token', headers: [host, good] }],
      [false, 'dots', { target: '/v1/connections/../connections/x%3Aalice/token', headers: [host, good] }],
      [false, 'dots alone', { target: '/v1/connections/../token', headers: [host, good] }],
      [false, 'dots in disguise', { target: '/v1/connections/%2e%2e/token', headers: [host, good] }],
      [false, 'a backslash', { target: '/v1\\connections/x%3Aalice/token', headers: [host, good] }],
      [false, 'capitals', { target: '/V1/connections/x%3Aalice/token', headers: [host, good] }],
      [false, 'a whole address', { target: `http://${HOST}${path}`, headers: [host, good] }],
      [false, 'another path', { target: '/v1/connections/x%3Aalice', headers: [host, admin] }],
    ];
    // Once before, so that all that is known can be in memory.
    for (const [, , asking] of table) await both.ask(asking);
    for (const [isAtOnce, what, asking] of table) {
      const answer = await both.ask(asking);
      assert.deepEqual(answer.quick, answer.whole, `${publicUrl}: ${what}`);
      assert.equal(answer.isAtOnce, isAtOnce, `${publicUrl}: ${what}: ${answer.quick.head[0]}`);
    }
  }
});

test('what ends a right, or a token, ends the quick answer with it', async () => {
  await using both = await bothWays();
  const { kippu } = both;
  const { id: keyId, header: key } = await keyFor(kippu);
  const asking: Asking = { target: '/v1/connections/x%3Aalice/token', headers: [`Host: ${HOST}`, key] };
  const status = async (): Promise<string> => {
    const { quick, whole } = await both.ask(asking);
    assert.deepEqual(quick, whole);
    return quick.head[0] ?? '';
  };
  const isAtOnce = async (): Promise<boolean> => (await both.ask(asking)).isAtOnce;

  assert.equal(await isAtOnce(), false, 'the first time nothing is in memory');
  assert.equal(await isAtOnce(), true);

  const before = (await both.ask(asking)).quick.body;
  await kippu.clock.advance(119 * MINUTE_MS);
  const renewed = await kippu.until(both.ask(asking));
  assert.equal(renewed.isAtOnce, false, 'a token that ends soon is renewed');
  assert.equal(renewed.quick.head[0], 'HTTP/1.1 200 OK');
  assert.notEqual(renewed.quick.body, before);
  await both.ask(asking);
  assert.equal(await isAtOnce(), true);
  assert.equal((await both.ask(asking)).quick.body, renewed.quick.body);

  await kippu.operator.patch('/v1/connections/x:alice', { name: 'x:carol' });
  assert.equal(await status(), 'HTTP/1.1 404 Not Found');
  await kippu.operator.patch('/v1/connections/x:carol', { name: 'x:alice' });
  assert.equal(await status(), 'HTTP/1.1 200 OK');
  assert.equal(await isAtOnce(), true);

  await revokeApiKey(keyId, kippu.app);
  assert.equal(await status(), 'HTTP/1.1 401 Unauthorized');
});

test('a connection that is revoked is not handed out from memory', async () => {
  await using both = await bothWays();
  const { header } = await keyFor(both.kippu);
  const asking: Asking = { target: '/v1/connections/x:alice/token', headers: [`Host: ${HOST}`, header] };
  await both.ask(asking);
  assert.equal((await both.ask(asking)).isAtOnce, true);
  assert.equal((await both.kippu.operator.delete('/v1/connections/x:alice')).status, 200);
  const { quick, whole } = await both.ask(asking);
  assert.deepEqual(quick, whole);
  assert.match(quick.head[0] ?? '', /^HTTP\/1\.1 40[49] /);
});
