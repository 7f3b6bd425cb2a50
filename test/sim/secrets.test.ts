import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { hashOf } from '../../src/sim/names.ts';
import type { RequestLine } from '../../src/sim/index.ts';
import { CONFIDENTIAL, served } from './sim-world.ts';

test('no token, code, verifier or secret is on the page, in the state, in the log or on stdout', async (t) => {
  const lines: RequestLine[] = [];
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    t.mock.method(stream, 'write', (chunk: string | Uint8Array) => written.push(String(chunk)) > 0);
  }
  await using world = await served({ onRequest: (line) => lines.push(line) });
  const { app, sim } = world;
  const code = app.code();
  const first = (await app.exchange(code)).json;
  const second = (await app.renew(first.refresh_token)).json;
  await app.renew(first.refresh_token);
  await app.send('GET', `/2/users/me?access_token=${second.access_token}`, {});
  sim.faults.loseNextAnswer('token');
  await assert.rejects(app.renew(second.refresh_token));
  await app.post('/2/oauth2/revoke', { token: second.refresh_token });

  const page = await app.send('GET', '/', {});
  const state = await app.send('GET', '/_sim/state', {});
  t.mock.restoreAll();
  const seen = [
    page.text,
    state.text,
    inspect(lines),
    inspect(sim.state(), { depth: 9 }),
    inspect(sim, { depth: 9 }),
    written.join(''),
  ].join('\n');
  const pending = [
    code,
    first.access_token,
    first.refresh_token,
    second.access_token,
    second.refresh_token,
    CONFIDENTIAL.secret,
    CONFIDENTIAL.appOnlyToken,
  ];
  for (const secret of pending) assert.ok(typeof secret === 'string' && !seen.includes(secret));
  assert.ok(page.text.includes('presented again once') && lines.length > 5, 'and there was something to see');
});

test('a test that holds a token finds its entry by the fingerprint', async () => {
  await using world = await served();
  const tokens = await world.app.connect();
  const entry = world.sim
    .state()
    .tokens.find((token) => token.fingerprint === hashOf(tokens.refresh_token).slice(0, 16));
  assert.equal(entry?.kind, 'refresh');
});
