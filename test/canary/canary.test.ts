import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { freePort } from '../support/free-port.ts';
import { MailServer } from '../notify/mail-server.ts';
import { ListeningPost } from './listening-post.ts';

/**
 * Plants secrets of every kind, lets a real server, worker and command line meet every kind of trouble with the log at
 * its most talkative, and then looks for each secret in everything that was written or answered.
 */
const KIPPU = fileURLToPath(new URL('../../bin/kippu.mjs', import.meta.url));
const CLIENT_SECRET = `canary-client-secret-${randomBytes(9).toString('hex')}`;
const HUB_SECRET = `canary-hub-secret-${randomBytes(9).toString('hex')}`;
const KEY = randomBytes(32).toString('base64');
const SMTP_PASSWORD = `canary-smtp-password-${randomBytes(9).toString('hex')}`;

describe('no secret reaches a log, an error, a page, a database or a file', { timeout: 180_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'kippu-canary-'));
  /** What was said, by where it was said: whole, so that no secret hides at the seam of two chunks. */
  const heard = new Map<string, string>();
  let sim: Simulation;
  let post: ListeningPost;
  let hub: Simulation;
  let hubPost: ListeningPost;
  let mail: MailServer;
  let port = 0;
  /** Handed out when a webhook was made. */
  const webhookSecrets: string[] = [];
  let server: ChildProcess;

  const environment = (): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    KIPPU_HOME: join(directory, 'home'),
    KIPPU_DATABASE_URL: `sqlite:${join(directory, 'kippu.db')}`,
    KIPPU_PORT: String(port),
    KIPPU_KEYS: `k1:${KEY}`,
    KIPPU_X_CLIENT_ID: 'canary',
    KIPPU_X_CLIENT_SECRET: CLIENT_SECRET,
    KIPPU_X_BASE_URL: post.url,
    KIPPU_GITHUB_CLIENT_ID: 'canary',
    KIPPU_GITHUB_CLIENT_SECRET: HUB_SECRET,
    KIPPU_GITHUB_BASE_URL: hubPost.url,
    KIPPU_LATE_ANSWER: '2s',
    KIPPU_SMTP_URL: `smtp://canary:${SMTP_PASSWORD}@127.0.0.1:${mail.port}`,
    KIPPU_MAIL_FROM: 'kippu@example.com',
    KIPPU_MAIL_TO: 'op@example.com',
    KIPPU_LOG_LEVEL: 'trace',
    KIPPU_LOG_FORMAT: 'json',
  });

  const hear = (where: string, text: string): void => {
    heard.set(where, (heard.get(where) ?? '') + text);
  };

  const localKey = (): string =>
    (JSON.parse(readFileSync(join(directory, 'home', 'server.json'), 'utf8')) as { readonly key: string }).key;

  /** Calls the API as the operator; whatever is answered is searched later, except where tokens are the answer. */
  const call = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${localKey()}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    if (typeof answer['secret'] === 'string') webhookSecrets.push(answer['secret']);
    const handsOut = (path.endsWith('/token') || answer['secret'] !== undefined) && response.ok;
    if (!handsOut) hear(`${method} ${path}`, text + JSON.stringify([...response.headers]));
    return answer;
  };

  const kippu = async (...args: string[]): Promise<void> => {
    const child = spawn(process.execPath, [KIPPU, ...args], {
      env: environment(),
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      // A token on the stdout of `kippu token` is what was asked for.
      if (stream === 'stdout' && args[0] === 'token') child.stdout.resume();
      else
        child[stream].on('data', (chunk: Buffer) =>
          hear(`${stream} of kippu ${args.join(' ')}`, chunk.toString('utf8')),
        );
    }
    await once(child, 'close');
  };

  before(async () => {
    sim = await simulate('x', { clients: [{ id: 'canary', secret: CLIENT_SECRET }] });
    post = await ListeningPost.before(sim.url);
    hub = await simulate('github', { clients: [{ id: 'canary', secret: HUB_SECRET }] });
    hubPost = await ListeningPost.before(hub.url);
    // Refuses the password, and says it back.
    mail = await MailServer.start({ needsLogin: true });
    port = await freePort();
    server = spawn(process.execPath, [KIPPU, 'up', '--no-sandbox'], {
      env: environment(),
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    server.stderr?.on('data', (chunk: Buffer) => {
      hear('the log', chunk.toString('utf8'));
    });
    await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
  });

  after(async () => {
    if (server.exitCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
    await post[Symbol.asyncDispose]();
    await mail[Symbol.asyncDispose]();
    await sim.close();
    await hubPost[Symbol.asyncDispose]();
    await hub.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('in the course of everything that can happen', async () => {
    const refusing = `${post.url}/no-such-path`;
    const webhook = await call('POST', '/v1/webhooks', { url: refusing });
    const path = `/v1/webhooks/${String(webhook['id'])}`;
    await call('POST', `${path}/secret`);
    await connect(call, sim, port, hear);
    await call('GET', '/v1/connections/x:alice/token');
    await call('POST', '/v1/connections/x:alice/renew');
    for (const order of ['lose', 'cut', 'status'] as const) {
      sim.faults.order({ endpoint: 'token', fault: order, ...(order === 'status' ? { status: 500 } : {}) });
      await call('POST', '/v1/connections/x:alice/renew');
    }
    await kippu('import', 'x', '--from', importFile(directory), '--name', 'x:imported');
    await call('GET', '/v1/connections/x:imported/token');
    await call('POST', '/v1/posts', { connection: 'x:alice', text: 'canary' });
    await call('POST', '/v1/connections', {
      provider: 'x',
      refresh_token: 'canary-refresh-token-in-json',
      expires_at: 'nonsense',
    });
    await call('POST', '/v1/connections/x:alice/token', { refused: 'canary-refused-token-in-json' });
    await call('POST', `${path}/test`);
    await call('PATCH', path, { url: `https://user:canary@app.example/` });
    for (const path of [
      '/v1/connections',
      '/v1/webhooks',
      '/v1/connections/x:alice',
      '/v1/connections/x:alice/timeline',
      '/v1/posts',
      '/v1/events',
      '/v1/providers',
      '/metrics',
      '/',
      '/healthz',
      '/readyz',
      '/v1/openapi.json',
    ]) {
      await call('GET', path);
    }
    for (const args of [
      ['connections'],
      ['show', 'x:alice'],
      ['doctor'],
      ['vault', 'status'],
      ['posts'],
      ['webhooks', 'list'],
      ['webhooks', 'deliveries', String(webhook['id'])],
      ['webhooks', 'test', String(webhook['id'])],
      ['renew', 'x:imported'],
      ['token', 'x:nobody'],
      ['import', 'x', '--from', 'nowhere'],
    ])
      await kippu(...args);
    const lock = new DatabaseSync(join(directory, 'kippu.db'), { timeout: 2000 });
    sim.faults.delayNextAnswer('token', 400);
    const renewal = call('POST', '/v1/connections/x:alice/renew');
    await sleep(200);
    lock.exec('begin immediate');
    await sleep(3000);
    lock.exec('rollback');
    lock.close();
    await renewal;
    await call('DELETE', '/v1/connections/x:alice');
    assert.ok(post.secrets.size >= 8, `only ${post.secrets.size} secrets went by`);
  });

  it('in the course of everything that can happen at GitHub', async () => {
    await connect(call, hub, port, hear, 'github');
    for (const order of ['lose', 'cut', 'status'] as const) {
      hub.faults.order({ endpoint: 'token', fault: order, ...(order === 'status' ? { status: 500 } : {}) });
      await call('POST', '/v1/connections/github:alice/renew');
    }
    // What struck nobody must not strike a device: it would wait for longer than this test.
    await fetch(`${hub.url}/_sim/faults`, { method: 'DELETE' });
    for (const user of ['bob', 'nobody']) {
      const device = await call('POST', '/v1/device-sessions', { provider: 'github' });
      const decision = user === 'nobody' ? 'deny' : 'allow';
      hub.typeUserCode(String(device['user_code']), { user, decision });
      await until(async () => {
        const { state } = await call('GET', `/v1/device-sessions/${String(device['id'])}`);
        return state === 'attached' || state === 'failed';
      });
    }
    // The token of a waiting device that nobody types stands sealed in the database.
    await call('POST', '/v1/device-sessions', { provider: 'github' });
    await call('POST', '/v1/connections/github:bob/renew');
    hub.faults.failNext('revoke', 500);
    await call('DELETE', '/v1/connections/github:bob');
    await call('DELETE', '/v1/connections/github:bob');
    hub.set({ deviceFlow: false });
    await call('POST', '/v1/device-sessions', { provider: 'github' });
    for (const args of [
      ['show', 'github:alice'],
      ['connect', 'github', '--device'],
      ['revoke', '--never-expires', '--yes'],
    ])
      await kippu(...args);
    assert.ok([...hubPost.secrets.values()].includes('device_code'), 'no device code went by');
    assert.ok(hubPost.secrets.size >= 8, `only ${hubPost.secrets.size} secrets went by`);
  });

  it('is found nowhere', () => {
    assert.equal(webhookSecrets.length, 2);
    assert.ok(mail.connections > 0, 'no mail was tried');
    const bare = webhookSecrets.map((secret) => secret.slice('whsec_'.length));
    const planted = [
      CLIENT_SECRET,
      HUB_SECRET,
      KEY,
      SMTP_PASSWORD,
      ...webhookSecrets,
      ...bare,
      'canary-refresh-token',
      'canary-refused-token',
    ].map((secret) => [secret, 'a planted secret'] as const);
    const secrets = new Map([...post.secrets, ...hubPost.secrets, ...planted]);
    for (const file of filesOf(directory)) {
      const name = relative(directory, file);
      // The command line's own way in, readable by this user alone, and what the test itself wrote.
      if (name === join('home', 'server.json') || name === 'import.json') continue;
      hear(`the file ${name}`, readFileSync(file, 'latin1'));
    }
    assert.match(heard.get('the log') ?? '', /connection\.renewed/, 'the log told nothing of a renewal');
    assert.ok(heard.has('the file kippu.db') && heard.has('the file kippu.db-wal'), 'the database was not searched');
    assert.ok(
      [...heard.keys()].some((where) => where.includes('spool')),
      'the spool was not searched',
    );
    assert.deepEqual(leaks(heard, secrets), []);
  });

  it('would be found, in any of the forms in which it could stand', () => {
    const secret = 'a-secret-that-leaks';
    const forms = [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
      encodeURIComponent(secret),
    ];
    for (const form of forms)
      assert.equal(leaks(new Map([['here', `before ${form} after`]]), new Map([[secret, 'a secret']])).length, 1, form);
  });
});

/** Where a secret stands, in the clear or in an encoding that anybody undoes. */
function leaks(heard: ReadonlyMap<string, string>, secrets: ReadonlyMap<string, string>): string[] {
  return [...heard].flatMap(([where, text]) =>
    [...secrets]
      .filter(([secret]) => formsOf(secret).some((form) => text.includes(form)))
      .map(([, kind]) => `${kind} stands in ${where}`),
  );
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(secret),
  ];
}

type Call = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

async function connect(
  call: Call,
  sim: Simulation,
  port: number,
  hear: (where: string, text: string) => void,
  provider = 'x',
): Promise<void> {
  const { id, url } = await call('POST', '/v1/connect-sessions', { provider, explain: true });
  const departure = await fetch(String(url), { redirect: 'manual' });
  const cookie = (departure.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const location = new URL(departure.headers.get('location') ?? '');
  const back = sim.consent(location.href, { user: 'alice' });
  for (const text of ['the page after the consent', 'the page after its replay']) {
    hear(text, await (await fetch(back.replace(/:\d+\//, `:${port}/`), { headers: { cookie } })).text());
  }
  const { items } = await call('GET', `/v1/connect-sessions/${String(id)}/steps`);
  assert.equal((items as readonly unknown[]).length, 7, 'the steps were not searched');
}

function importFile(directory: string): string {
  const file = join(directory, 'import.json');
  writeFileSync(file, JSON.stringify({ refresh_token: 'canary-refresh-token-from-a-file' }));
  return file;
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile());
}

async function until(look: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await look().catch(() => false)) return;
    await sleep(100);
  }
  assert.fail('the server did not become ready');
}
