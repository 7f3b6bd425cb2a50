import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../support/virtual-clock.ts';
import { serveKippu, type Client, type Json, type ServedKippu } from './served-kippu.ts';

test('events are listed in order, and after one that is known', async () => {
  await using kippu = await serveKippu();
  const alice = await kippu.connect('alice');
  for (let renewals = 0; renewals < 3; renewals += 1) await kippu.operator.post('/v1/connections/x:alice/renew');
  const all = (await kippu.operator.get('/v1/events')).json;
  assert.deepEqual(
    all.items.map((event: Json) => event.type),
    ['connection.created', ...Array.from({ length: 3 }, () => 'connection.renewed')],
  );
  assert.equal(all.next_cursor, null);
  assert.equal(all.items[1].connection, alice.id);
  assert.equal(all.items[1].data.access_expires_at, '2026-11-21T02:00:00.000Z');
  const later = (await kippu.operator.get(`/v1/events?after=${all.items[2].sequence}`)).json;
  assert.deepEqual(
    later.items.map((event: Json) => event.id),
    [all.items[3].id],
  );
  const first = (await kippu.operator.get('/v1/events?limit=3')).json;
  const rest = (await kippu.operator.get(`/v1/events?limit=3&cursor=${first.next_cursor}`)).json;
  assert.deepEqual(
    [...first.items, ...rest.items].map((event) => event.id),
    all.items.map((event: Json) => event.id),
  );
  for (const query of ['after=x', 'after=-1', 'cursor=x'])
    assert.equal((await kippu.operator.get(`/v1/events?${query}`)).status, 422);
});

test('a key that sees little of a busy store is led past what it may not see', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  await kippu.connect('bob');
  for (let renewals = 0; renewals < 5; renewals += 1) await kippu.operator.post('/v1/connections/x:alice/renew');
  await kippu.operator.post('/v1/connections/x:bob/renew');
  const bound = await kippu.key(['connections:read'], ['x:bob']);
  const first = (await bound.get('/v1/events?limit=1')).json;
  assert.equal(first.items[0].type, 'connection.created');
  const second = (await bound.get(`/v1/events?limit=5&cursor=${first.next_cursor}`)).json;
  assert.deepEqual([second.items.map((event: Json) => event.type), second.next_cursor], [['connection.renewed'], null]);
});

test('a stream tells what happens, and goes on where a client was cut off', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const stream = await Stream.open(kippu, kippu.operator);
  await kippu.operator.post('/v1/connections/x:alice/renew');
  const [renewed] = await stream.events(1);
  assert.equal(renewed?.event, 'connection.renewed');
  assert.equal(JSON.parse(renewed?.data ?? '').sequence, Number(renewed?.id));
  await stream.close();

  await kippu.operator.post('/v1/connections/x:alice/renew');
  await kippu.operator.post('/v1/connections/x:alice/renew');
  const again = await Stream.open(kippu, kippu.operator, { 'last-event-id': renewed?.id ?? '' });
  assert.deepEqual(
    (await again.events(2)).map(({ id }) => Number(id) - Number(renewed?.id)),
    [1, 2],
  );
  await again.close();
  const fromStart = await Stream.open(kippu, kippu.operator, {}, '?after=0');
  assert.equal((await fromStart.events(1))[0]?.event, 'connection.created');
  await fromStart.close();
});

test('what a schedule missed is told to keys that may read posts, and to no others', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const rule = { connection: 'x:alice', cron: '0 9 * * *', timezone: 'Asia/Tokyo', list: ['good morning', 'hello'] };
  const { id } = (await kippu.operator.post('/v1/schedules', rule)).json;
  const { schedules } = kippu.app.store;
  const seen = await schedules.read(id);
  assert.ok(seen !== undefined);
  const settled = await schedules.settle({
    next: { ...seen, version: seen.version + 1 },
    occurrences: [],
    post: undefined,
    measurement: undefined,
    missed: { happening: 'missed', data: { reason: 'no_text', detail: 'canary' } },
  });
  assert.equal(settled, 'settled');
  for (const path of ['/v1/events?after=0', '/v1/connections/x:alice/timeline']) {
    const told = async (...scopes: string[]): Promise<boolean> => {
      const answer = await kippu
        .as((await kippu.operator.post('/v1/api-keys', { name: 'a', scopes })).json.key)
        .get(path);
      assert.equal(answer.status, 200);
      return answer.text.includes('canary');
    };
    assert.deepEqual(
      [await told('connections:read'), await told('connections:read', 'posts:read')],
      [false, true],
      path,
    );
  }
});

test('a quiet stream says that it lives, and ends with its key', async () => {
  await using kippu = await serveKippu();
  const made = (await kippu.operator.post('/v1/api-keys', { name: 'listener', scopes: ['connections:read'] })).json;
  const stream = await Stream.open(kippu, kippu.as(made.key));
  await stream.until((text) => text.includes(': still here'));
  await kippu.operator.delete(`/v1/api-keys/${made.id}`);
  await stream.untilEnd();
});

test('a stream ends after an hour, and with the server', async () => {
  await using kippu = await serveKippu();
  const old = await Stream.open(kippu, kippu.operator);
  await old.untilEnd(3_700);
  const stream = await Stream.open(kippu, kippu.operator);
  kippu.server.drain();
  await stream.untilEnd(2);
});

test('there are so many streams and no more, and one that was left makes room', async () => {
  await using kippu = await serveKippu();
  const streams = await Promise.all(Array.from({ length: 100 }, () => Stream.open(kippu, kippu.operator)));
  const refused = await kippu.operator.get('/v1/events', { accept: 'text/event-stream' });
  assert.deepEqual([refused.status, refused.json.code], [429, 'rate_limited']);
  assert.ok(refused.json.retry_after >= 1);
  await streams.pop()?.close();
  streams.push(await Stream.open(kippu, kippu.operator));
  for (const stream of streams) await stream.close();
});

interface Frame {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** A client of the stream that lets the clock run while it waits. */
class Stream {
  readonly #kippu: ServedKippu;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = '';
  #isOver = false;

  private constructor(kippu: ServedKippu, reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#kippu = kippu;
    this.#reader = reader;
    void this.#read();
  }

  static async open(
    kippu: ServedKippu,
    client: Client,
    headers: Record<string, string> = {},
    query = '',
  ): Promise<Stream> {
    const response = await kippu.server.fetch(
      client.request('GET', `/v1/events${query}`, { headers: { accept: 'text/event-stream', ...headers } }),
    );
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    if (response.body === null) throw new Error('A stream without a body.');
    return new Stream(kippu, response.body.getReader());
  }

  async events(count: number): Promise<readonly Frame[]> {
    await this.until(() => this.#frames().length >= count);
    return this.#frames().slice(0, count);
  }

  async until(isThere: (text: string) => boolean, seconds = 60): Promise<void> {
    for (let waited = 0; !isThere(this.#text); waited += 1) {
      assert.ok(waited < seconds, `not within ${seconds} s: ${this.#text.slice(-300)}`);
      await this.#kippu.clock.advance(1000);
      await settle();
    }
  }

  untilEnd(seconds = 60): Promise<void> {
    return this.until(() => this.#isOver, seconds);
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }

  #frames(): Frame[] {
    return [...this.#text.matchAll(/id: (\d+)\nevent: (\S+)\ndata: (.*)\n\n/g)].map(
      ([, id = '', event = '', data = '']) => ({ id, event, data }),
    );
  }

  async #read(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.#text += Buffer.from(value).toString('utf8');
    }
    this.#isOver = true;
  }
}
