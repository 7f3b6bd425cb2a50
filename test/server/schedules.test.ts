import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveKippu, type Json, type ServedKippu } from './served-kippu.ts';

const RULE = { connection: 'x:alice', cron: '0 9 * * *', timezone: 'Asia/Tokyo' };
const LIST = { ...RULE, list: ['good morning', 'rise and shine'] };

async function kippuWithAlice(): Promise<ServedKippu> {
  const kippu = await serveKippu();
  await kippu.connect('alice');
  return kippu;
}

/** The schedule, as it was made. */
async function made(kippu: ServedKippu, body: Json = LIST): Promise<Json> {
  const { status, json } = await kippu.operator.post('/v1/schedules', body);
  assert.equal(status, 201, JSON.stringify(json));
  return json;
}

test('a schedule is made, and comes back as it was sent', async () => {
  await using kippu = await kippuWithAlice();
  const { id: connection } = (await kippu.operator.get('/v1/connections/x:alice')).json;
  const body = { ...LIST, missed: 'once', latest_after: 600, approval: true, made_with_ai: true };
  const { id, created_at: createdAt, updated_at: updatedAt, ...shown } = await made(kippu, body);
  assert.match(id, /^sch_/);
  assert.equal(createdAt, updatedAt);
  assert.deepEqual(shown, {
    connection,
    connection_name: 'x:alice',
    cron: '0 9 * * *',
    timezone: 'Asia/Tokyo',
    text: null,
    list: ['good morning', 'rise and shine'],
    template: null,
    variables: null,
    compose: null,
    collect: null,
    missed: 'once',
    latest_after: 600,
    approval: true,
    made_with_ai: true,
    paused: false,
    // The test's clock begins at nine in Tokyo: that time is over.
    next_run_at: '2026-11-22T00:00:00.000Z',
    made: 0,
    failures: 0,
    warnings: [],
  });
  assert.deepEqual((await kippu.operator.get(`/v1/schedules/${id}`)).json.list, LIST.list);
});

test('each kind of work comes back as its own field, and the others are null', async () => {
  await using kippu = await kippuWithAlice();
  const kinds: readonly Json[] = [
    { text: 'good morning' },
    { list: ['a', 'b'] },
    { template: '{weekday} {name}', variables: { name: 'Ann' } },
    { compose: { command: 'fortune -s' } },
    { compose: { url: 'https://texts.example/next' } },
    { collect: 'followers' },
  ];
  for (const kind of kinds) {
    const schedule = await made(kippu, { ...RULE, ...kind });
    const given = Object.keys(kind);
    for (const field of ['text', 'list', 'template', 'variables', 'compose', 'collect'])
      assert.deepEqual(schedule[field], given.includes(field) ? kind[field] : null, field);
  }
  const warned = await made(kippu, { ...RULE, text: 'good morning' });
  assert.deepEqual(
    warned.warnings.map(({ code }: Json) => code),
    ['same_text'],
  );
});

test('what is not right is a 422 that names the field of the body', async () => {
  await using kippu = await kippuWithAlice();
  const wrong: readonly (readonly [Json, string])[] = [
    [RULE, '/text'],
    [{ ...LIST, text: 'and this' }, '/list'],
    [{ ...RULE, text: 'a', collect: 'followers' }, '/collect'],
    [{ ...RULE, text: 'a', variables: {} }, '/variables'],
    [{ ...RULE, collect: 'followers', approval: true }, '/approval'],
    [{ ...RULE, collect: 'followers', made_with_ai: false }, '/made_with_ai'],
    [{ ...RULE, collect: 'likes' }, '/collect'],
    [{ ...LIST, cron: 'at nine' }, '/cron'],
    [{ ...LIST, cron: '0 9 30 2 *' }, '/cron'],
    [{ ...LIST, timezone: 'Mars/Olympus' }, '/timezone'],
    [{ ...LIST, missed: 'all' }, '/missed'],
    [{ ...LIST, latest_after: 1 }, '/latest_after'],
    [{ ...LIST, every: 'day' }, '/every'],
    [{ ...RULE, text: 'x'.repeat(281) }, '/text'],
    [{ ...RULE, list: ['a'] }, '/list'],
    [{ ...RULE, list: ['a', 'b', 'x'.repeat(281)] }, '/list/2'],
    [{ ...RULE, list: ['a', 'b', 'a'] }, '/list/2'],
    [{ ...RULE, template: '{mood}' }, '/template'],
    [{ ...RULE, compose: { command: ' ' } }, '/compose'],
    [{ ...RULE, compose: { url: 'http://texts.example/' } }, '/compose'],
    [{ ...RULE, compose: {} }, '/compose'],
  ];
  for (const [body, where] of wrong) {
    const { status, json } = await kippu.operator.post('/v1/schedules', body);
    assert.deepEqual(
      [status, json.code, json.where],
      [422, 'invalid', where],
      `${JSON.stringify(body)} ${json.detail}`,
    );
  }
  assert.equal((await kippu.operator.get('/v1/schedules')).json.items.length, 0);
  const nobody = await kippu.operator.post('/v1/schedules', { ...LIST, connection: 'x:nobody' });
  assert.deepEqual([nobody.status, nobody.json.code], [404, 'not_found']);
});

test('a change leaves alone what it does not name', async () => {
  await using kippu = await kippuWithAlice();
  const { id } = await made(kippu, { ...RULE, template: '{n} for {name}', variables: { name: 'Ann' }, approval: true });
  const path = `/v1/schedules/${id}`;
  const later = (await kippu.operator.patch(path, { cron: '30 10 * * *' })).json;
  assert.deepEqual([later.cron, later.timezone, later.template], ['30 10 * * *', 'Asia/Tokyo', '{n} for {name}']);
  assert.equal(later.next_run_at, '2026-11-21T01:30:00.000Z');
  const other = (await kippu.operator.patch(path, { variables: { name: 'Bob' } })).json;
  assert.deepEqual([other.template, other.variables, other.approval], ['{n} for {name}', { name: 'Bob' }, true]);
  const free = (await kippu.operator.patch(path, { approval: false, made_with_ai: true })).json;
  assert.deepEqual(
    [free.template, free.variables, free.approval, free.made_with_ai],
    ['{n} for {name}', { name: 'Bob' }, false, true],
  );
  const list = (await kippu.operator.patch(path, { list: ['a', 'b'] })).json;
  assert.deepEqual([list.template, list.list, list.made_with_ai], [null, ['a', 'b'], true]);
  const refused = await kippu.operator.patch(path, { variables: { name: 'Cid' } });
  assert.deepEqual([refused.status, refused.json.where], [422, '/variables']);
  const kind = await kippu.operator.patch(path, { collect: 'followers' });
  assert.deepEqual([kind.status, kind.json.where], [422, '/collect']);
  const line = await kippu.operator.patch(path, { list: ['a', 'x'.repeat(281)] });
  assert.deepEqual([line.status, line.json.where], [422, '/list/1']);
});

test('a measurement has nothing to approve', async () => {
  await using kippu = await kippuWithAlice();
  const { id, approval } = await made(kippu, { ...RULE, collect: 'followers' });
  assert.equal(approval, false);
  for (const field of ['approval', 'made_with_ai'] as const) {
    const { status, json } = await kippu.operator.patch(`/v1/schedules/${id}`, { [field]: true });
    assert.deepEqual([status, json.where], [422, `/${field}`]);
  }
});

test('a schedule is paused, goes on, and is removed', async () => {
  await using kippu = await kippuWithAlice();
  const { id } = await made(kippu);
  const path = `/v1/schedules/${id}`;
  const paused = (await kippu.operator.patch(path, { paused: true })).json;
  assert.deepEqual([paused.paused, paused.next_run_at], [true, null]);
  const going = (await kippu.operator.patch(path, { paused: false })).json;
  assert.deepEqual([going.paused, going.next_run_at], [false, '2026-11-22T00:00:00.000Z']);
  const removed = await kippu.operator.delete(path);
  assert.deepEqual([removed.status, removed.json.id], [200, id]);
  for (const [method, more] of [
    ['GET', ''],
    ['DELETE', ''],
    ['GET', '/preview'],
    ['GET', '/occurrences'],
  ] as const)
    assert.equal((await kippu.operator.send(method, path + more)).status, 404, `${method} ${more}`);
});

test('a preview tells the next runs, and where clocks change', async () => {
  await using kippu = await kippuWithAlice();
  const { id } = await made(kippu, { ...LIST, cron: '30 2 * * *', timezone: 'Europe/Berlin' });
  const path = `/v1/schedules/${id}/preview`;
  const { items } = (await kippu.operator.get(`${path}?count=2`)).json;
  assert.deepEqual(items, [
    { at: '2026-11-21T01:30:00.000Z', text: 'good morning', note: null },
    { at: '2026-11-22T01:30:00.000Z', text: 'rise and shine', note: null },
  ]);
  assert.equal((await kippu.operator.get(path)).json.items.length, 5);
  for (const count of ['0', '101', 'many'])
    assert.equal((await kippu.operator.get(`${path}?count=${count}`)).status, 422, count);
  const spring = await made(kippu, { ...LIST, cron: '30 2 28 3 *', timezone: 'Europe/Berlin' });
  const [moved] = (await kippu.operator.get(`/v1/schedules/${spring.id}/preview?count=1`)).json.items;
  assert.deepEqual([moved.at, moved.note], ['2027-03-28T01:30:00.000Z', 'moved_forward']);
});

test('lists are cut into pages, and kept to one connection', async () => {
  await using kippu = await kippuWithAlice();
  await kippu.connect('bob');
  const ids = [];
  for (const connection of ['x:alice', 'x:bob', 'x:alice']) ids.push((await made(kippu, { ...LIST, connection })).id);
  const first = (await kippu.operator.get('/v1/schedules?limit=2')).json;
  const rest = (await kippu.operator.get(`/v1/schedules?limit=2&cursor=${first.next_cursor}`)).json;
  const seen = [...first.items, ...rest.items].map(({ id }: Json) => id);
  assert.deepEqual(new Set(seen), new Set(ids));
  assert.equal(seen.length, ids.length);
  assert.equal(rest.next_cursor, null);
  const ofBob = (await kippu.operator.get('/v1/schedules?connection=x:bob')).json.items;
  assert.deepEqual(
    ofBob.map(({ id }: Json) => id),
    [ids[1]],
  );
});

test('a key does only what its scopes say', async () => {
  await using kippu = await kippuWithAlice();
  const { id } = await made(kippu);
  const path = `/v1/schedules/${id}`;
  const reader = await kippu.key(['posts:read']);
  const writer = await kippu.key(['posts:write']);
  const stranger = await kippu.key(['connections:read', 'tokens:read']);
  assert.equal((await kippu.as(undefined).get(path)).status, 401);
  for (const read of ['/v1/schedules', path, `${path}/preview`, `${path}/occurrences`, '/v1/metrics/x:alice']) {
    assert.equal((await reader.get(read)).status, 200, read);
    assert.equal((await stranger.get(read)).status, 403, read);
    assert.equal((await writer.get(read)).status, 403, read);
  }
  for (const client of [reader, stranger]) {
    assert.equal((await client.post('/v1/schedules', LIST)).status, 403);
    assert.equal((await client.patch(path, { paused: true })).status, 403);
    assert.equal((await client.delete(path)).status, 403);
  }
  assert.equal((await kippu.operator.get(path)).json.paused, false);
  assert.equal((await writer.patch(path, { paused: true })).status, 200);
  assert.equal((await writer.post('/v1/schedules', LIST)).status, 201);
  assert.equal((await writer.delete(path)).status, 200);
});

test('a key that is bound to one connection neither sees nor touches what is another’s', async () => {
  await using kippu = await kippuWithAlice();
  await kippu.connect('bob');
  const alices = await made(kippu);
  const bobs = await made(kippu, { ...LIST, connection: 'x:bob' });
  const bound = await kippu.key(['posts:read', 'posts:write'], ['x:bob']);
  const listed = (await bound.get('/v1/schedules')).json.items;
  assert.deepEqual(
    listed.map(({ id }: Json) => id),
    [bobs.id],
  );
  const path = `/v1/schedules/${alices.id}`;
  for (const answer of [
    await bound.get(path),
    await bound.get(`${path}/preview`),
    await bound.get(`${path}/occurrences`),
    await bound.patch(path, { paused: true }),
    await bound.delete(path),
    await bound.post('/v1/schedules', LIST),
    await bound.get('/v1/schedules?connection=x:alice'),
    await bound.get('/v1/metrics/x:alice'),
    await bound.get('/v1/metrics/x:who'),
  ]) {
    assert.equal(answer.status, 403, answer.text);
    assert.ok(!answer.text.includes('alice') && !answer.text.includes('good morning'), answer.text);
  }
  assert.equal((await bound.patch(`/v1/schedules/${bobs.id}`, { paused: true })).status, 200);
});

test('only an admin has programs and URLs asked for texts, and sees which', async () => {
  await using kippu = await kippuWithAlice();
  const writer = await kippu.key(['posts:read', 'posts:write']);
  const admin = await kippu.key(['admin']);
  for (const compose of [{ command: 'a-script --password hunter2' }, { url: 'https://texts.example/?key=hunter2' }]) {
    const refused = await writer.post('/v1/schedules', { ...RULE, compose });
    assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden']);
    const own = await admin.post('/v1/schedules', { ...RULE, compose });
    assert.deepEqual([own.status, own.json.compose], [201, compose]);
    const path = `/v1/schedules/${own.json.id}`;
    const [kind = ''] = Object.keys(compose);
    for (const answer of [
      await writer.get(path),
      await writer.get('/v1/schedules'),
      await writer.patch(path, { missed: 'once' }),
    ]) {
      assert.equal(answer.status, 200);
      assert.ok(!answer.text.includes('hunter2') && answer.text.includes(`"compose":{"${kind}":null}`), answer.text);
    }
    assert.equal((await writer.patch(path, { approval: true })).status, 403, 'that would set the task anew');
    const { id } = await made(kippu);
    assert.equal((await writer.patch(`/v1/schedules/${id}`, { compose })).status, 403);
  }
});

test('what became of its times is told, the newest first', async () => {
  await using kippu = await serveKippu({ withWorker: true });
  await kippu.connect('alice');
  kippu.worker?.start();
  const { id } = await made(kippu, { ...LIST, cron: '0 * * * *' });
  const none = (await kippu.operator.get(`/v1/schedules/${id}/occurrences`)).json.items;
  assert.deepEqual(none, []);
  for (const hour of [1, 2]) {
    kippu.clock.freeze(Date.parse(`2026-11-21T0${hour}:00:00Z`) - kippu.clock.nowMs() - 4 * 60_000);
    await kippu.clock.advance(5000);
    kippu.clock.freeze(4 * 60_000 - 6000);
    await kippu.clock.advance(10_000);
  }
  const { items } = (await kippu.operator.get(`/v1/schedules/${id}/occurrences?limit=1`)).json;
  assert.deepEqual(
    items.map(({ at, outcome, detail }: Json) => [at, outcome, detail]),
    [['2026-11-21T02:00:00.000Z', 'post', null]],
  );
  const post = (await kippu.operator.get(`/v1/posts/${items[0].post}`)).json;
  assert.deepEqual([post.status, post.text], ['published', 'rise and shine']);
});
