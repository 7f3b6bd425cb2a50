import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { all, Application } from './application.ts';

test('connections are listed with the fields of the HTTP API, filtered, and never with a token', async () => {
  await using app = await Application.start();
  const { kippu } = app;
  const alice = await app.connect('alice', 'a');
  await app.connect('bob', 'b');
  const tokens = await Promise.all(['x:alice', 'x:bob'].map((name) => kippu.getAccessToken(name)));
  const listed = await all(kippu.connections());
  assert.deepEqual(listed.map(({ name }) => name).toSorted(), ['x:alice', 'x:bob']);
  for (const { accessToken } of tokens) assert.doesNotMatch(JSON.stringify(listed), new RegExp(accessToken));
  assert.deepEqual(
    Object.keys(alice).toSorted(),
    'accessExpiresAt grantedAt handle id lastRenewedAt metadata name nextDueAt owner policy provider refreshExpiresAt renewable renewals restsOn scopes state stateReason subject'.split(
      ' ',
    ),
  );
  const names = async (filter: Parameters<typeof kippu.connections>[0]) =>
    (await all(kippu.connections(filter))).map(({ name }) => name);
  assert.deepEqual(await names({ owner: 'b' }), ['x:bob']);
  assert.deepEqual(await names({ owner: '' }), []);
  assert.deepEqual(await names({ provider: 'github' }), []);
  assert.deepEqual(await names({ provider: 'x', owner: 'a', state: 'active' }), ['x:alice']);
  assert.deepEqual(await names({ state: 'revoked' }), []);
  assert.deepEqual(await kippu.connection(alice.id), await kippu.connection('x:alice'));
  await assert.rejects(kippu.connection('x:nobody'), { code: 'not_found' });
});

test('more connections than a page holds are all listed, once', async () => {
  await using app = await Application.start();
  const names = Array.from({ length: 205 }, (_, index) => `key-${index}`);
  for (const name of names) await app.kippu.importApiKey({ provider: 'x', apiKey: `secret-of-${name}`, name });
  const listed = await all(app.kippu.connections());
  assert.deepEqual(listed.map(({ name }) => name).toSorted(), names.toSorted());
});

test('renewing now gives another token, revoking ends it at the provider, and only here where that was asked', async () => {
  await using app = await Application.start();
  const { kippu } = app;
  await app.connect('alice');
  const before = await kippu.getAccessToken('x:alice');
  const renewed = await kippu.renew('x:alice');
  assert.equal(renewed.renewals, 1);
  const after = await kippu.getAccessToken('x:alice');
  assert.notEqual(after.accessToken, before.accessToken);
  const asks = (accessToken: string) =>
    fetch(`${app.sim.url}/2/users/me`, { headers: { authorization: `Bearer ${accessToken}` } });
  assert.equal((await asks(after.accessToken)).status, 200);
  assert.equal((await kippu.revoke('x:alice')).state, 'revoked');
  assert.equal((await asks(after.accessToken)).status, 401);
  await assert.rejects(kippu.getAccessToken('x:alice'), { code: 'revoked' });
  await assert.rejects(kippu.revoke('x:nobody'), { code: 'not_found' });

  await app.connect('bob');
  const { accessToken } = await kippu.getAccessToken('x:bob');
  assert.equal((await kippu.revoke('x:bob', { localOnly: true })).state, 'revoked');
  assert.equal((await asks(accessToken)).status, 200);
});

test('tokens of another program are taken over, once', async () => {
  await using app = await Application.start();
  await using old = await Application.start();
  const expiresAt = Date.now() + 3_600_000;
  const wish = {
    provider: 'x',
    accessToken: 'a',
    refreshToken: 'r',
    subject: '42',
    name: 'moved',
    owner: 'o',
    expiresAt,
  };
  const moved = await app.kippu.importTokens({ ...wish, scopes: ['tweet.read', 'offline.access'] });
  assert.deepEqual(
    [moved.name, moved.owner, moved.subject, moved.accessExpiresAt, moved.renewable],
    ['moved', 'o', '42', expiresAt, true],
  );
  assert.deepEqual(moved.scopes, ['tweet.read', 'offline.access']);
  assert.equal((await app.kippu.getAccessToken('moved')).accessToken, 'a');
  await assert.rejects(app.kippu.importTokens({ ...wish, name: 'twice' }), { code: 'conflict' });
  await assert.rejects(app.kippu.importTokens({ provider: 'x', name: 'none' }), { code: 'invalid' });
  await assert.rejects(app.kippu.importTokens({ ...wish, refreshToken: 'r2', expiresAt: 'tomorrow' }), {
    code: 'invalid',
  });
  const iso = await old.kippu.importTokens({ ...wish, expiresAt: new Date(expiresAt).toISOString() });
  assert.equal(iso.accessExpiresAt, expiresAt);
});

test('events are read in order, from where one was, and bad questions are refused', async () => {
  await using app = await Application.start();
  await app.connect('alice');
  await app.kippu.renew('x:alice');
  const everything = await app.kippu.events();
  assert.deepEqual(
    everything.map(({ type }) => type),
    ['connection.created', 'connection.renewed'],
  );
  const [first] = await app.kippu.events({ limit: 1 });
  assert.equal(first?.type, 'connection.created');
  assert.deepEqual(
    (await app.kippu.events({ after: first?.sequence ?? 0 })).map(({ type }) => type),
    ['connection.renewed'],
  );
  for (const query of [{ after: -1 }, { after: 0.5 }, { limit: 0 }, { limit: 1001 }, { limit: Number.NaN }])
    await assert.rejects(app.kippu.events(query), { code: 'invalid' }, JSON.stringify(query));
});

test('a text is posted, once for one key, and what waits can be taken back', async () => {
  await using app = await Application.start();
  const { kippu } = app;
  await app.connect('alice');
  const post = await kippu.post('x:alice', 'Hello from the library.');
  assert.deepEqual([post.status, post.text], ['published', 'Hello from the library.']);
  assert.match(post.remoteUrl ?? '', /\d+$/);
  const wish = { text: 'Version 2 is out.', idempotencyKey: 'release 2' };
  const [one, again] = [await kippu.post('x:alice', wish), await kippu.post('x:alice', wish)];
  assert.equal(again.id, one.id);
  await assert.rejects(kippu.post('x:alice', { ...wish, text: 'Another.' }), { code: 'conflict' });
  const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);
  const later = await kippu.post('x:alice', { text: 'Later.', publishAt: at, latestAfter: 60 });
  assert.deepEqual([later.status, later.publishAt, later.latestAt], ['scheduled', at.getTime(), at.getTime() + 60_000]);
  assert.equal((await kippu.cancelPost(later.id)).status, 'cancelled');
  assert.deepEqual(
    (await all(kippu.posts({ status: 'published' }))).map(({ id }) => id).toSorted(),
    [post.id, one.id].toSorted(),
  );
  await assert.rejects(kippu.cancelPost(post.id), { code: 'conflict' });
  await assert.rejects(kippu.post('x:alice', 'a'.repeat(281)), { code: 'invalid' });
  await assert.rejects(kippu.post('x:nobody', 'Hello.'), { code: 'not_found' });
});

test('a schedule is made, seen, paused, resumed and removed', async () => {
  await using app = await Application.start({ kippu: { composers: { morning: () => 'Good morning.' } } });
  const { kippu } = app;
  await app.connect('alice');
  const rule = { cron: '0 9 * * *', timezone: 'Asia/Tokyo' };
  const made = await kippu.schedule('x:alice', { ...rule, list: ['One.', 'Two.'], missed: 'once' });
  assert.deepEqual(
    [made.list, made.text, made.missed, made.paused, made.connectionName],
    [['One.', 'Two.'], undefined, 'once', false, 'x:alice'],
  );
  assert.equal(new Date(made.nextRunAt ?? 0).getUTCHours(), 0);
  assert.equal((await kippu.pauseSchedule(made.id)).nextRunAt, undefined);
  assert.deepEqual(await kippu.resumeSchedule(made.id), made);
  const others = [
    { text: 'The same each day.' },
    { template: '{date}: {mood}', variables: { mood: 'fine' } },
    { compose: { function: 'morning' } },
    { compose: { command: '/bin/date' } },
    { compose: { url: 'https://texts.example/' } },
    { collect: 'followers' },
  ] as const;
  for (const work of others) {
    const view = await kippu.schedule('x:alice', { ...rule, ...work });
    for (const [name, value] of Object.entries(work)) assert.deepEqual(view[name as keyof typeof view], value);
  }
  assert.equal((await all(kippu.schedules({ connection: 'x:alice' }))).length, 7);
  await kippu.removeSchedule(made.id);
  assert.equal((await all(kippu.schedules())).length, 6);
  await assert.rejects(kippu.removeSchedule(made.id), { code: 'not_found' });
  const refused = [
    [{}, /is missing/],
    [{ text: 'a', list: ['b', 'c'] }, /text and list/],
    [{ compose: { function: 'evening' } }, /no function "evening"/],
    [{ list: ['only one'] }, /at least two/],
    [{ text: 'a', cron: 'nine' }, /cron|rule|fields/i],
    [{ text: 'a', timezone: 'Mars/Olympus' }, /zone/],
  ] as const;
  for (const [wish, says] of refused)
    await assert.rejects(
      kippu.schedule('x:alice', { ...rule, ...wish }),
      { code: 'invalid', message: says },
      JSON.stringify(wish),
    );
});

test('the command works on the file that the library shares with the application', async () => {
  await using app = await Application.start();
  const own = new DatabaseSync(app.databasePath);
  own.exec("create table posts (title text); insert into posts values ('mine'); create table connections (a text)");
  await app.kippu.close();
  await using shared = await Application.start({ kippu: { store: sqlite(app.databasePath, { prefix: 'kippu_' }) } });
  await shared.connect('alice');
  const post = await shared.kippu.post('x:alice', 'Beside the other posts.');
  assert.equal(post.status, 'published');
  assert.deepEqual({ ...own.prepare('select * from posts').get() }, { title: 'mine' });
  own.close();
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [fileURLToPath(new URL('../../bin/kippu.mjs', import.meta.url)), ...args], {
      cwd: shared.directory,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        HOME: shared.directory,
        KIPPU_HOME: `${shared.directory}/home`,
        KIPPU_DATABASE_URL: `sqlite:${app.databasePath}?prefix=kippu_`,
        KIPPU_X_CLIENT_ID: 'c',
        KIPPU_X_CLIENT_SECRET: 's',
        KIPPU_X_BASE_URL: shared.sim.url,
      },
    });
  const listed = run('connections', '--json');
  assert.equal(listed.status, 0, listed.stderr);
  assert.match(listed.stdout, /"x:alice"/);
  const copied = run('backup', 'copy.db');
  assert.equal(copied.status, 0, copied.stderr);
  const copy = new DatabaseSync(`${shared.directory}/copy.db`);
  assert.equal(copy.prepare('select title from posts').get()?.['title'], 'mine');
  assert.match(String(copy.prepare('select stamp from kippu_home').get()?.['stamp']), /^backup of /);
  copy.close();
});
