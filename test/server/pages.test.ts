import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveKippu } from './served-kippu.ts';

test('a signed-out browser is told how to sign in', async () => {
  await using kippu = await serveKippu();
  const page = await kippu.browser().open('/');
  assert.equal(page.status, 200);
  assert.match(page.text, /npm start.*kippu up/s);
  assert.ok(!page.text.includes('<form'));
  const japanese = await kippu.browser().open('/', { 'accept-language': 'ja,en;q=0.5' });
  assert.match(japanese.text, /<html lang="ja">.*サインインしていません/s);
});

test('a sign-in link works once, within a quarter of an hour', async () => {
  await using kippu = await serveKippu();
  const link = async (): Promise<string> => (await kippu.operator.post('/v1/sign-in-links')).json.url;
  const url = await link();
  const [first, second] = [kippu.browser(), kippu.browser()];
  const signedIn = await first.open(url);
  assert.deepEqual([signedIn.status, signedIn.headers.get('location')], [303, '/']);
  const used = await second.open(url);
  assert.equal(used.status, 410);
  assert.match(used.text, /This link is over/);
  assert.equal(second.cookie('kippu-session'), undefined);
  // Whoever is signed in already and clicks it again is not told off.
  assert.equal((await first.open(url)).status, 303);

  const old = await link();
  await kippu.clock.advance(15 * 60_000);
  assert.equal((await second.open(old)).status, 410);
  assert.equal((await second.open('/sign-in/made-up')).status, 410);
});

test('a browser that looks ahead does not use a sign-in link up', async () => {
  await using kippu = await serveKippu();
  const { json } = await kippu.operator.post('/v1/sign-in-links');
  const browser = kippu.browser();
  await browser.open(json.url, { 'sec-purpose': 'prefetch;prerender' });
  await browser.raw('HEAD', json.url);
  assert.equal((await browser.open(json.url)).status, 303);
});

test('a browser stays signed in for a month, or until it signs out', async () => {
  await using kippu = await serveKippu();
  const browser = kippu.browser();
  await browser.signIn();
  await kippu.clock.advance(29 * 86_400_000);
  assert.match((await browser.open('/')).text, /sign-out/);
  await kippu.clock.advance(2 * 86_400_000);
  assert.doesNotMatch((await browser.open('/')).text, /sign-out/);

  await browser.signIn();
  const session = browser.cookie('kippu-session');
  assert.equal((await browser.submit('/sign-out', {}, { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await browser.submit('/sign-out', {})).status, 303);
  assert.equal(browser.cookie('kippu-session'), undefined);
  assert.doesNotMatch((await browser.open('/', { cookie: `kippu-session=${session}` })).text, /sign-out/);
});

test('the connect button begins a consent, and the provider brings the browser back to a connection', async () => {
  await using kippu = await serveKippu();
  const browser = kippu.browser();
  await browser.signIn();
  assert.match(
    (await browser.open('/')).text,
    /<input type="hidden" name="provider" value="x"[^>]*><button class="main">Connect X</,
  );
  const going = await browser.submit('/connect', { provider: 'x' });
  assert.equal(going.status, 200);
  const link = /^0; url=(.*)$/.exec(going.headers.get('refresh') ?? '')?.[1] ?? '';
  assert.match((await browser.consent(link, 'alice')).text, /Connected/);
  const overview = await browser.open('/');
  assert.match(overview.text, /x:alice/);
  assert.match(overview.text, /active/);
  assert.match(overview.text, /in 2 h/);
  assert.match(overview.text, /in 180 d/);
});

test('what a stranger, another site or a made-up provider asks for is said on a page', async () => {
  await using kippu = await serveKippu();
  const browser = kippu.browser();
  assert.equal((await browser.submit('/connect', { provider: 'x' })).status, 401);
  await browser.signIn();
  assert.equal((await browser.submit('/connect', { provider: 'x' }, { 'sec-fetch-site': 'cross-site' })).status, 403);
  const unknown = await browser.submit('/connect', { provider: '<b>' });
  assert.equal(unknown.status, 404);
  assert.match(unknown.headers.get('content-type') ?? '', /text\/html/);
  assert.ok(!unknown.text.includes('<b>'));
  assert.equal((await browser.submit('/connect', { provider: 'x'.repeat(10_000) })).status, 422);
});

test('the overview shows what needs somebody, what comes next and what happened', async () => {
  await using kippu = await serveKippu({ withWorker: true });
  const alice = await kippu.connect('alice');
  await kippu.connect('bob');
  await kippu.operator.post('/v1/posts', { connection: 'x:bob', text: 'Good <morning> & more', publish_at: '+8h' });
  await kippu.operator.post('/v1/posts', { connection: 'x:bob', text: 'now', draft: false });
  kippu.x.removeApp('alice');
  await kippu.clock.advance(3 * 3_600_000);
  await kippu.until(kippu.operator.get('/v1/connections/x:alice/token'));
  const browser = kippu.browser();
  await browser.signIn();
  const { text } = await browser.open('/');
  assert.match(text, new RegExp(`href="/reconnect/${alice.id}"[^>]*>Consent again<`));
  assert.match(text, /no longer accepts the refresh token/);
  assert.ok(text.indexOf('x:alice') < text.indexOf('x:bob'), 'what needs somebody comes first');
  assert.match(text, /Good &#60;morning&#62; &#38; more/);
  assert.match(text, /in 5 h/);
  assert.match(text, /a post was published.*href="https:\/\/x\.com\/bob\/status\/\d+"/s);
  assert.match(text, /needs a new consent/);
  assert.ok(text.lastIndexOf('needs a new consent') < text.lastIndexOf('was connected'), 'the newest comes first');
  const japanese = await browser.open('/', { 'accept-language': 'ja' });
  assert.match(japanese.text, /再同意が必要.*次の投稿.*履歴/s);
});

test('the overview shows the next runs of schedules, the soonest first, and no paused one', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const browser = kippu.browser();
  await browser.signIn();
  assert.doesNotMatch((await browser.open('/')).text, /Next runs/);
  const make = async (cron: string, task: Record<string, unknown>): Promise<string> => {
    const schedule = { connection: 'x:alice', cron, timezone: 'UTC', ...task };
    const { status, json } = await kippu.operator.post('/v1/schedules', schedule);
    assert.equal(status, 201);
    return json.id as string;
  };
  await make('0 9 * * *', { compose: { command: 'a-script --password hunter2' } });
  await make('0 5 * * *', { collect: 'followers' });
  const paused = await make('0 1 * * *', { list: ['a', 'b'] });
  await kippu.operator.patch(`/v1/schedules/${paused}`, { paused: true });
  const { text } = await browser.open('/');
  assert.match(text, /Next runs.*measures followers.*x:alice.*in 5 h.*posts what a program writes.*in 9 h/s);
  assert.doesNotMatch(text, /posts from a list|hunter2/);
  assert.match(
    (await browser.open('/', { 'accept-language': 'ja' })).text,
    /スケジュールの次の実行.*フォロワー数を測定/s,
  );
});

test('the sandbox says that nothing in it is real, and links to nothing that is', async () => {
  await using kippu = await serveKippu({ isSandbox: true });
  await kippu.connect('alice');
  await kippu.operator.post('/v1/posts', { connection: 'x:alice', text: 'hello' });
  const browser = kippu.browser();
  await browser.signIn();
  const { text } = await browser.open('/');
  assert.match(text, /Nothing here is real/);
  assert.match(text, /a post was published/);
  assert.ok(!text.includes('https://x.com'));
  assert.equal((await kippu.operator.get('/v1/providers')).json.items[0].simulated, true);
});

test('an overview without a provider says what to do', async () => {
  await using kippu = await serveKippu({ withoutProvider: true });
  const browser = kippu.browser();
  await browser.signIn();
  assert.match((await browser.open('/')).text, /KIPPU_X_CLIENT_ID/);
});
