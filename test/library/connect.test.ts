import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKippu } from '../../src/index.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { ScriptedBrowser } from '../cli/browser.ts';
import { all, Application } from './application.ts';

test('a user of the application connects his account, and nothing is connected before his code is redeemed', async () => {
  await using app = await Application.start();
  const { kippu, returnUrl } = app;
  const before = Date.now();
  const link = await kippu.connect({ provider: 'x', owner: 'user-7', name: 'main', scopes: ['read'], returnUrl });
  assert.equal(link.url, `${app.publicUrl}/connect/${link.id}`);
  assert.ok(link.expiresAt >= before + 900_000 && link.expiresAt <= Date.now() + 900_000);
  const { session, code } = await app.arrive(link.url, 'alice');
  assert.equal(session, link.id);
  assert.deepEqual(await all(kippu.connections()), []);
  const connection = await kippu.redeem(session, code, { owner: 'user-7' });
  assert.deepEqual(
    [connection.name, connection.owner, connection.handle, connection.state, connection.renewable],
    ['main', 'user-7', 'alice', 'active', true],
  );
  assert.deepEqual(connection.scopes.toSorted(), ['offline.access', 'tweet.read', 'users.read']);
  const me = await kippu.fetch('main', '/2/users/me');
  assert.equal(((await me.json()) as { data: { username: string } }).data.username, 'alice');
});

test('a link that was sent to somebody else connects nobody: neither to the sender nor to the one who opened it', async () => {
  await using app = await Application.start();
  const { url } = await app.kippu.connect({ provider: 'x', owner: 'mallory', returnUrl: app.returnUrl });
  // The victim opens it, consents as himself, and arrives in the application where he is signed in.
  const { session, code } = await app.arrive(url, 'victim');
  const asVictim = app.kippu.redeem(session, code, { owner: 'victim' });
  await assert.rejects(asVictim, (error: Error & { code: string }) => {
    assert.equal(error.code, 'forbidden');
    assert.doesNotMatch(error.message, /mallory/);
    return true;
  });
  await assert.rejects(app.kippu.redeem(session, code), { code: 'forbidden' });
  // Mallory knows the session, and never saw the code.
  await assert.rejects(app.kippu.redeem(session, 'guessed', { owner: 'mallory' }), { code: 'consent_failed' });
  assert.deepEqual(await all(app.kippu.connections()), []);
});

test('a refusal for the wrong owner uses nothing up: the right one still redeems', async () => {
  await using app = await Application.start();
  const { url } = await app.kippu.connect({ provider: 'x', owner: 'alice', returnUrl: app.returnUrl });
  const { session, code } = await app.arrive(url, 'alice');
  await assert.rejects(app.kippu.redeem(session, code, { owner: 'bob' }), { code: 'forbidden' });
  assert.equal((await app.kippu.redeem(session, code, { owner: 'alice' })).owner, 'alice');
});

test('a session that was begun for nobody in particular is redeemed for nobody in particular', async () => {
  await using app = await Application.start();
  const { url } = await app.kippu.connect({ provider: 'x', returnUrl: app.returnUrl });
  const { session, code } = await app.arrive(url, 'alice');
  await assert.rejects(app.kippu.redeem(session, code, { owner: 'bob' }), { code: 'forbidden' });
  assert.equal((await app.kippu.redeem(session, code)).owner, '');
});

test('a code of another session, and one that was used, are refused', async () => {
  await using app = await Application.start();
  const { kippu, returnUrl } = app;
  const owner = 'user-7';
  const [one, other] = [
    await kippu.connect({ provider: 'x', owner, returnUrl }),
    await kippu.connect({ provider: 'x', owner, returnUrl }),
  ];
  const [alice, bob] = [await app.arrive(one.url, 'alice'), await app.arrive(other.url, 'bob')];
  await assert.rejects(kippu.redeem(alice.session, bob.code, { owner }), { code: 'consent_failed' });
  await assert.rejects(kippu.redeem(alice.session, '', { owner }), { code: 'consent_failed' });
  assert.equal((await kippu.redeem(alice.session, alice.code, { owner })).handle, 'alice');
  await assert.rejects(kippu.redeem(alice.session, alice.code, { owner }), { code: 'consent_failed' });
  await assert.rejects(kippu.redeem('cns_00000000000000000000', bob.code, { owner }), { code: 'not_found' });
  await assert.rejects(kippu.redeem("' or 1=1", bob.code, { owner }), { code: 'not_found' });
  assert.equal((await all(kippu.connections())).length, 1);
});

test('a code that is redeemed twice at the same time makes one connection', async () => {
  await using app = await Application.start();
  const { url } = await app.kippu.connect({ provider: 'x', owner: 'o', returnUrl: app.returnUrl });
  const { session, code } = await app.arrive(url, 'alice');
  const both = await Promise.allSettled([1, 2, 3].map(() => app.kippu.redeem(session, code, { owner: 'o' })));
  assert.ok(both.some(({ status }) => status === 'fulfilled'));
  assert.equal((await all(app.kippu.connections())).length, 1);
  await app.kippu.renew('x:alice');
});

test('a link opened in two browsers belongs to the first, and the second gets a page and nothing else', async () => {
  await using app = await Application.start();
  const { url } = await app.kippu.connect({ provider: 'x', owner: 'alice', returnUrl: app.returnUrl });
  const [first, second] = [new ScriptedBrowser(), new ScriptedBrowser()];
  await first.open(url);
  const refused = await second.open(url);
  assert.deepEqual([refused.status, refused.url], [400, url]);
  assert.match(refused.text, /used already/);
  const { session, code } = await app.arrive(url, 'alice', first);
  assert.equal((await app.kippu.redeem(session, code, { owner: 'alice' })).handle, 'alice');
});

test('a return URL that is not allowed is refused before anybody is sent anywhere', async () => {
  await using app = await Application.start();
  const { origin } = app;
  for (const returnUrl of [
    'https://evil.example/',
    `${origin}.evil.example/connected`,
    origin.replace('127.0.0.1', 'localhost'),
    origin.replace('http://', 'http://user@'),
    'javascript:alert(1)',
    '//evil.example',
    '/connected',
    '',
  ])
    await assert.rejects(
      app.kippu.connect({ provider: 'x', returnUrl }),
      { code: 'invalid', where: '/return_url' },
      returnUrl,
    );
});

test('below a mount path only what lies below it, or was allowed, is returned to', async () => {
  await using app = await Application.start({ mountedAt: '/accounts' });
  for (const returnUrl of [`${app.origin}/elsewhere`, `${app.origin}/connected-not`, `${app.origin}/accounts-not`])
    await assert.rejects(app.kippu.connect({ provider: 'x', returnUrl }), { code: 'invalid' }, returnUrl);
  await app.kippu.connect({ provider: 'x', returnUrl: `${app.origin}/connected/x?tab=1` });
  await app.kippu.connect({ provider: 'x', returnUrl: `${app.publicUrl}/done` });
});

test('the handler works below a path, with its callback there', async () => {
  await using app = await Application.start({ mountedAt: '/deep/accounts' });
  const { url } = await app.kippu.connect({ provider: 'x', owner: 'o', returnUrl: app.returnUrl });
  assert.ok(url.startsWith(`${app.origin}/deep/accounts/connect/cns_`), url);
  const { session, code } = await app.arrive(url, 'alice');
  assert.equal((await app.kippu.redeem(session, code, { owner: 'o' })).handle, 'alice');
  const again = await new ScriptedBrowser().consent(`${app.publicUrl}/reconnect/x:alice`, { user: 'alice' });
  assert.equal(again.status, 200);
});

test('consent again is for the connection’s own user and owner', async () => {
  await using app = await Application.start();
  const alice = await app.connect('alice', 'owner-a');
  const stolen = app.kippu.connect({
    provider: 'x',
    connection: 'x:alice',
    owner: 'owner-b',
    returnUrl: app.returnUrl,
  });
  await assert.rejects(stolen, { code: 'forbidden' });
  const { url } = await app.kippu.connect({ provider: 'x', connection: 'x:alice', returnUrl: app.returnUrl });
  const asBob = await app.arrive(url, 'bob');
  await assert.rejects(app.kippu.redeem(asBob.session, asBob.code, { owner: 'owner-a' }), {
    code: 'consent_failed',
    message: /alice.*bob/,
  });
  const next = await app.kippu.connect({
    provider: 'x',
    connection: alice.id,
    owner: 'owner-a',
    returnUrl: app.returnUrl,
  });
  const { session, code } = await app.arrive(next.url, 'alice');
  assert.equal((await app.kippu.redeem(session, code, { owner: 'owner-a' })).id, alice.id);
});

test('a user who declines arrives at a page, and nothing can be redeemed', async () => {
  await using app = await Application.start();
  const { url, id } = await app.kippu.connect({ provider: 'x', owner: 'o', returnUrl: app.returnUrl });
  const page = await new ScriptedBrowser().consent(url, { decision: 'deny' });
  assert.match(page.text, /declined/);
  await assert.rejects(app.kippu.redeem(id, 'anything', { owner: 'o' }), { code: 'consent_failed' });
});

test('whatever goes wrong in the handler is a page without details', async () => {
  await using app = await Application.start();
  const page = async (request: Request, kippu = app.kippu) => {
    const response = await kippu.handler(request);
    assert.match(response.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    return [response.status, await response.text()] as const;
  };
  const [missing, text] = await page(
    new Request(`${app.publicUrl}/unheard-of`, { headers: { 'accept-language': 'ja' } }),
  );
  assert.deepEqual([missing, /ページが見つかりません/.test(text)], [404, true]);
  assert.equal((await page(new Request(`${app.publicUrl}/connect/cns_00000000000000000000`)))[0], 404);
  assert.equal((await page(new Request(`${app.publicUrl}/callback/x?code=a&state=b`)))[0], 400);
  const broken = createKippu({
    publicUrl: app.publicUrl,
    store: sqlite('/nowhere/at/all.db'),
    providers: [],
    home: `${app.directory}/broken`,
    worker: false,
  });
  const [status, says] = await page(new Request(`${app.publicUrl}/connect/x`), broken);
  assert.deepEqual([status, /nowhere/.test(says)], [503, false]);
  const throwing = createKippu({
    publicUrl: app.publicUrl,
    store: () => Promise.reject(new TypeError('<b>a secret</b>')),
    providers: [],
    home: `${app.directory}/broken`,
    worker: false,
  });
  const [broke, shown] = await page(new Request(`${app.publicUrl}/connect/x`), throwing);
  assert.deepEqual([broke, /secret/.test(shown)], [500, false]);
  await Promise.all([broken.close(), throwing.close()]);
});

test('an address that would carry codes in the open, or is none, is refused by the first call', async () => {
  await using app = await Application.start();
  for (const publicUrl of [
    'http://app.example',
    'app.example',
    'ftp://127.0.0.1',
    'https://u@app.example',
    'https://app.example/?a',
  ]) {
    const kippu = createKippu({
      publicUrl,
      store: sqlite(app.databasePath),
      providers: [],
      home: app.directory,
      worker: false,
    });
    await assert.rejects(kippu.connect({ provider: 'x' }), { code: 'invalid', where: 'publicUrl' }, publicUrl);
    await kippu.close();
  }
});

test('a path of the handler that decodes to nothing is a page that finds nothing, and no error of ours', async () => {
  await using app = await Application.start();
  for (const path of ['reconnect/%', 'connect/%zz', 'callback/%E3%81', '%'])
    assert.equal((await app.kippu.handler(new Request(`${app.publicUrl}/${path}`))).status, 404, path);
});
