import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../src/app/open.ts';
import { connectDevice } from '../../src/app/library/devices.ts';
import { githubData } from '../../src/providers/data/github.ts';
import { serveKippu } from '../server/served-kippu.ts';

const github = { provider: githubData } as const;

test('a device waits until its user has typed the code, with no worker', async () => {
  await using kippu = await serveKippu(github);
  const device = await begin(kippu.app, { owner: 'team', name: 'main' });
  assert.match(device.userCode, /^[A-Z]{4}-[A-Z]{4}$/);
  assert.deepEqual(
    [device.verificationUri, device.verificationUriComplete],
    ['https://github.com/login/device', undefined],
  );
  assert.equal(device.expiresAt, kippu.clock.nowMs() + 900_000);
  const waiting = device.wait();
  await kippu.clock.advance(12_000);
  kippu.x.typeUserCode(device.userCode, { user: 'alice' });
  const connection = await kippu.until(waiting);
  assert.deepEqual([connection.name, connection.owner, connection.handle], ['main', 'team', 'alice']);
});

test('however many wait, the provider is asked once an interval', async () => {
  await using kippu = await serveKippu(github);
  const device = await begin(kippu.app);
  const stop = new AbortController();
  const all = [1, 2, 3].map(() => device.wait({ signal: stop.signal }));
  const ended = Promise.allSettled(all);
  for (let second = 0; second < 30; second += 1) await kippu.clock.advance(1000);
  stop.abort(new Error('enough'));
  const results = await kippu.until(ended);
  assert.deepEqual(
    results.map((one) => one.status === 'rejected' && (one.reason as Error).message),
    ['enough', 'enough', 'enough'],
  );
  const questions = kippu.answers.sent.filter(({ url }) => url.endsWith('/access_token'));
  assert.ok(questions.length >= 4 && questions.length <= 6, `${questions.length} questions in half a minute`);
});

test('a wait that was given up can be taken up again, and the code is still good', async () => {
  await using kippu = await serveKippu(github);
  const device = await begin(kippu.app);
  await assert.rejects(device.wait({ signal: AbortSignal.abort(new Error('later')) }), /later/);
  kippu.x.typeUserCode(device.userCode, { user: 'alice' });
  assert.equal((await kippu.until(device.wait())).handle, 'alice');
});

test('a device whose user declines, or never comes, is not connected', async () => {
  await using kippu = await serveKippu(github);
  const declined = await begin(kippu.app);
  kippu.x.typeUserCode(declined.userCode, { user: 'alice', decision: 'deny' });
  await assert.rejects(kippu.until(declined.wait()), { code: 'consent_failed', message: /denied/ });
  const forgotten = await begin(kippu.app);
  const waiting = forgotten.wait();
  waiting.catch(() => undefined);
  await kippu.clock.advance(900_000);
  await assert.rejects(kippu.until(waiting), { code: 'consent_failed' });
});

test('a provider without a device flow, and another owner’s connection, are refused', async () => {
  await using x = await serveKippu();
  await assert.rejects(connectDevice({ provider: 'x' }, x.app), { code: 'invalid' });
  await using kippu = await serveKippu(github);
  await kippu.connect('alice', { provider: 'github', owner: 'a' });
  await assert.rejects(begin(kippu.app, { owner: 'b', connection: 'github:alice' }), { code: 'forbidden' });
});

function begin(app: App, wish: { owner?: string; name?: string; connection?: string } = {}) {
  return connectDevice({ provider: 'github', ...wish }, app);
}
