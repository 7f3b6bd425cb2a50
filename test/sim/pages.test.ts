import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Page } from 'playwright-core';
import { CONFIDENTIAL, served, type App } from './sim-world.ts';

/** The bundled set of flags switches off the checks that are looked at here, and now and then crashes at the start. */
const FLAGS = ['--headless=shell', '--no-sandbox', '--disable-gpu'];
const skip = process.platform === 'linux' && process.arch === 'x64' ? false : 'the bundled Chromium is for Linux x64';

test('in a browser, a consent leads through the redirects of the app', { skip }, async (t) => {
  const app = await listening(t, (path) =>
    path.startsWith('/callback/') ? `http://localhost:${port(app)}/done` : undefined,
  );
  const redirectUri = `http://127.0.0.1:${port(app)}/callback/x`;
  await using world = await served({ clients: [{ ...CONFIDENTIAL, redirectUris: [redirectUri] }] });
  const { page, complaints } = await open(t, world.sim.url);
  await page.goto(world.sim.url + world.app.authorizationPath({ redirect_uri: redirectUri }));
  await page.getByText('@carol').click();
  await page.getByRole('button', { name: 'Authorize app' }).click();
  await page.waitForURL('**/done');
  assert.deepEqual(complaints, []);
  assert.equal(world.sim.state().users.at(-1)?.handle, 'carol');
});

test('in a browser, a button orders a fault and the page shows it, and follows what happens', { skip }, async (t) => {
  await using world = await served();
  const { page, complaints } = await open(t, world.sim.url);
  await page.goto(world.sim.url);
  await page.getByRole('button', { name: 'lose the answer' }).first().click();
  await page.getByText('token: the answer is lost').waitFor();
  assert.equal(world.sim.state().faults[0]?.kind, 'lose');
  await page.getByRole('button', { name: 'Forget them all' }).click();
  await page.getByText('Nothing is going to go wrong.').waitFor();
  await page.getByRole('switch', { name: 'a token used twice ends the grant' }).click();
  assert.equal(await page.getByRole('switch', { name: 'a token used twice' }).getAttribute('aria-checked'), 'true');

  await lifeOf(world.app);
  await page.getByText('a post that nobody asked for').waitFor({ timeout: 10_000 });
  assert.deepEqual(complaints, []);
});

test('in a browser, no page is wider than a phone', { skip }, async (t) => {
  await using world = await served();
  await lifeOf(world.app);
  const { page } = await open(t, world.sim.url, { width: 360, height: 740 });
  for (const path of ['/', world.app.authorizationPath(), world.app.authorizationPath({ client_id: 'nobody' })]) {
    await page.goto(world.sim.url + path);
    assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 360, path);
  }
});

async function lifeOf(app: App): Promise<void> {
  const tokens = await app.connect();
  await app.renew(tokens.refresh_token);
  await app.tweet(tokens.access_token, `a post that nobody asked for ${'w'.repeat(200)}`);
}

/** A page, and what it complained about or asked from elsewhere. */
async function open(
  t: TestContext,
  url: string,
  viewport = { width: 1280, height: 900 },
): Promise<{ page: Page; complaints: string[] }> {
  const browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: FLAGS,
    headless: true,
  });
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport });
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const isLocal = ['127.0.0.1', 'localhost'].includes(new URL(request.url()).hostname);
    if (!isLocal) complaints.push(`${request.url()} from ${url}`);
  });
  return { page, complaints };
}

async function listening(t: TestContext, redirect: (path: string) => string | undefined): Promise<Server> {
  const server = createServer((request, response) => {
    const location = redirect(request.url ?? '');
    response.writeHead(
      location === undefined ? 200 : 302,
      location === undefined ? { 'content-type': 'text/html' } : { location },
    );
    response.end(location === undefined ? '<link rel="icon" href="data:,">arrived' : '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return server;
}

function port(server: Server): number {
  return (server.address() as AddressInfo).port;
}
