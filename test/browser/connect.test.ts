import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { revokeConnection } from '../../src/app/connections.ts';
import { createPost } from '../../src/app/posts.ts';
import { OPERATOR } from '../../src/app/api-keys.ts';
import { renewConnection } from '../../src/app/renewing.ts';
import { noBrowser, openBrowser } from './chromium.ts';
import { startConsole, type Console } from './console.ts';

const skip = noBrowser;

test(
  'in a browser, the sign-in link leads over the consent at X to a connection that is active',
  { skip },
  async (t) => {
    await using console = await startConsole();
    const { page, complaints } = await openBrowser(t);
    await page.goto(await console.signInLink());
    assert.equal(page.url(), `${console.url}/`);
    await page.getByText('Nothing is connected yet.').waitFor();
    await page.getByRole('button', { name: 'Connect X' }).click();
    await page.waitForURL(`${console.x.url}/i/oauth2/authorize?**`);
    await page.getByText('@alice').click();
    await page.getByRole('button', { name: 'Authorize app' }).click();
    await page.waitForURL(`${console.url}/callback/x?**`);
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    await page.getByRole('link', { name: 'To the overview' }).click();
    const card = page.getByRole('article').filter({ hasText: 'x:alice' });
    await card.getByText('active', { exact: true }).waitFor();
    await page.getByText('was connected').waitFor();
    assert.deepEqual(complaints, []);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Not signed in').waitFor();
    assert.deepEqual(complaints, []);
  },
);

test('in a browser, a refusal at X comes back to a page that says so', { skip }, async (t) => {
  await using console = await startConsole();
  const { page, complaints } = await openBrowser(t);
  await page.goto(await console.signInLink());
  await page.getByRole('button', { name: 'Connect X' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('You declined at the provider.').waitFor();
  assert.deepEqual(complaints, []);
  await page.goto(console.url);
  await page.getByText('Nothing is connected yet.').waitFor();
});

test('in a browser, a callback that is opened again connects nobody twice and harms nothing', { skip }, async (t) => {
  await using console = await startConsole();
  const { page } = await openBrowser(t);
  await page.goto(await console.signInLink());
  await connect(page, 'alice');
  const callback = page.url();
  const replayed = await page.goto(callback);
  assert.equal(replayed?.status(), 400);
  await page.getByText('This answer was used already.').waitFor();
  const stranger = await openBrowser(t);
  await stranger.page.goto(callback);
  await stranger.page.getByRole('heading', { name: 'Not connected' }).waitFor();
  const { items } = await console.app.store.connections.list({ limit: 10 });
  assert.deepEqual(
    items.map(({ name, state }) => [name, state]),
    [['x:alice', 'active']],
  );
});

test(
  'in a browser, a connection whose user must consent again is connected again by its button',
  { skip },
  async (t) => {
    await using console = await startConsole();
    const { page, complaints } = await openBrowser(t);
    await page.goto(await console.signInLink());
    await connect(page, 'alice');
    console.x.removeApp('alice');
    await assert.rejects(renewConnection('x:alice', console.app));
    await page.goto(console.url);
    await page.getByText('no longer accepts the refresh token').waitFor();
    await page.getByRole('link', { name: 'Consent again' }).click();
    await page.getByText('@alice').click();
    await page.getByRole('button', { name: 'Authorize app' }).click();
    await page.getByRole('link', { name: 'To the overview' }).click();
    await page.getByRole('article').getByText('active', { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
  },
);

test('in a browser, the console works in Japanese', { skip }, async (t) => {
  await using console = await startConsole();
  const { page, complaints } = await openBrowser(t, { locale: 'ja-JP' });
  await page.goto(console.url);
  await page.getByRole('heading', { name: 'サインインしていません' }).waitFor();
  await page.goto(await console.signInLink());
  await page.getByRole('button', { name: 'X を接続' }).click();
  await page.getByText('@bob').click();
  await page.getByRole('button', { name: 'Authorize app' }).click();
  await page.getByRole('link', { name: '概要へ' }).click();
  await page.getByRole('article').getByText('有効').waitFor();
  assert.deepEqual(complaints, []);
});

test('in a browser, no page is wider than a phone, and all are dressed', { skip }, async (t) => {
  await using console = await startConsole();
  const { page, complaints } = await openBrowser(t, { viewport: { width: 320, height: 640 } });
  await page.goto(console.url);
  await fits(page, 'signed out');
  await page.goto(await console.signInLink());
  await fits(page, 'empty');
  await furnish(page, console);
  for (const locale of ['en', 'ja']) {
    await page.setExtraHTTPHeaders({ 'accept-language': locale });
    await page.goto(console.url);
    await fits(page, `the overview (${locale})`);
  }
  assert.deepEqual(complaints, []);
});

async function connect(page: Page, user: string): Promise<void> {
  await page.getByRole('button', { name: /Connect X|X を接続/ }).click();
  await page.getByText(`@${user}`).click();
  await page.getByRole('button', { name: 'Authorize app' }).click();
  await page.waitForURL('**/callback/x?**');
}

async function furnish(page: Page, { app, url, x }: Console): Promise<void> {
  for (const user of ['alice', 'bob', 'carol']) {
    await connect(page, user);
    await page.goto(url);
  }
  await createPost(
    { connection: 'x:bob', text: `a long word: ${'w'.repeat(200)}`, publishAt: '+1d' },
    { caller: OPERATOR, key: undefined },
    app,
  );
  await createPost({ connection: 'x:bob', text: 'now' }, { caller: OPERATOR, key: undefined }, app);
  x.removeApp('alice');
  await assert.rejects(renewConnection('x:alice', app));
  await revokeConnection('x:carol', { localOnly: true }, app);
}

/** The style is allowed by its hash: a page that the browser left undressed has another font. */
async function fits(page: Page, what: string): Promise<void> {
  const { width, inner, padding } = await page.evaluate<{ width: number; inner: number; padding: string }>(
    `({ width: document.documentElement.scrollWidth, inner: innerWidth, padding: getComputedStyle(document.querySelector('main')).paddingLeft })`,
  );
  assert.ok(width <= inner, `${what} is ${width} wide`);
  assert.equal(padding, '20px', what);
}
