import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpAnswer, HttpRequest } from '../../src/model/http.ts';
import { parseFault, simHttpClient } from '../../src/sim/index.ts';
import { direct, served, type Direct, type Json } from './sim-world.ts';

test('a lost answer has spent the refresh token, and nobody has the new one', async () => {
  await using world = await served();
  const { app, sim } = world;
  const tokens = await app.connect();
  sim.faults.loseNextAnswer('token');
  await assert.rejects(app.renew(tokens.refresh_token), { name: 'TypeError' });
  assert.equal((await app.renew(tokens.refresh_token)).status, 400);
  const { counts, grants } = sim.state();
  assert.deepEqual([counts.answersLost, counts.renewals, counts.presentedTwice], [1, 1, 1]);
  assert.equal(grants[0]?.renewals, 1);
});

test('a lost request has spent nothing, and looks the same', async () => {
  await using world = await served();
  const { app, sim } = world;
  const tokens = await app.connect();
  sim.faults.loseNextRequest('token');
  await assert.rejects(app.renew(tokens.refresh_token), { name: 'TypeError' });
  assert.equal((await app.renew(tokens.refresh_token)).status, 200);
  assert.deepEqual([sim.state().counts.requestsLost, sim.state().counts.presentedTwice], [1, 0]);
});

test('a cut answer announces all of its body and brings half', async () => {
  await using world = await served();
  const { app, sim } = world;
  const tokens = await app.connect();
  sim.faults.cutNextAnswer('token');
  const response = await fetch(`${sim.url}/2/oauth2/token`, {
    method: 'POST',
    headers: { ...app.ownHeaders() },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token }),
  });
  assert.equal(response.status, 200);
  assert.ok(Number(response.headers.get('content-length')) > 200);
  await assert.rejects(response.text(), { name: 'TypeError' });
  assert.equal((await app.renew(tokens.refresh_token)).status, 400);
});

test('a delayed answer was handled at once and comes late', async () => {
  await using world = await served();
  const { app, sim } = world;
  const tokens = await app.connect();
  sim.faults.delayNextAnswer('token', 300);
  const startedMs = performance.now();
  const renewed = app.renew(tokens.refresh_token);
  assert.equal((await renewed).status, 200);
  assert.ok(performance.now() - startedMs >= 290);
  assert.equal(sim.state().counts.answersDelayed, 1);
});

test('another status comes instead of handling, or after it', async () => {
  await using world = await served();
  const { app, sim } = world;
  const tokens = await app.connect();
  sim.faults.failNext('token', 503);
  assert.equal((await app.renew(tokens.refresh_token)).status, 503);
  const second = await app.renew(tokens.refresh_token);
  assert.equal(second.status, 200);
  sim.faults.order({
    endpoint: 'token',
    fault: 'status',
    status: 502,
    handled: true,
    body: { error: 'bad gateway' },
    headers: { 'retry-after': '7' },
  });
  const handled = await app.renew(second.json.refresh_token);
  assert.deepEqual(
    [handled.status, handled.json, handled.headers['retry-after']],
    [502, { error: 'bad gateway' }, '7'],
  );
  assert.equal((await app.renew(second.json.refresh_token)).status, 400);
});

test('a lost answer to a post has posted it', async () => {
  await using world = await served();
  const { app, sim } = world;
  const { access_token: access } = await app.connect();
  sim.faults.loseNextAnswer('tweets');
  await assert.rejects(app.tweet(access, 'once'), { name: 'TypeError' });
  assert.equal((await app.tweet(access, 'once')).status, 403);
  assert.equal(sim.state().posts.length, 1);
});

test('a fault waits for its endpoint, strikes as often as ordered, and any means any call of a program', async () => {
  const { app } = direct();
  const { access_token: access } = await app.connect();
  app.controls.faults.order({ endpoint: 'tweets', fault: 'status', status: 500, count: 2 });
  assert.equal((await app.call('GET', '/2/users/me', access)).status, 200);
  assert.deepEqual([await post(1), await post(2), await post(3)], [500, 500, 201]);
  app.controls.faults.order({ endpoint: 'any', fault: 'status', status: 500 });
  assert.equal((await app.send('GET', '/', {})).status, 200, 'the page is not a call');
  assert.equal((await app.call('GET', '/2/users/me', access)).status, 500);
  assert.deepEqual(app.controls.state().faults, []);

  async function post(number: number): Promise<number> {
    return (await app.tweet(access, `post ${number}`)).status;
  }
});

test('ordered faults can be forgotten', async () => {
  const { app } = direct();
  app.controls.faults.failNext('me', 500);
  assert.equal((await app.send('DELETE', '/_sim/faults', {})).status, 200);
  assert.deepEqual(app.controls.state().faults, []);
});

test('a fault that makes no sense is refused with the field that is wrong', async () => {
  const { app } = direct();
  for (const [order, where] of [
    [{ endpoint: 'nowhere', fault: 'lose' }, 'endpoint'],
    [{ endpoint: 'token', fault: 'explode' }, 'fault'],
    [{ endpoint: 'token', fault: 'status' }, 'status'],
    [{ endpoint: 'token', fault: 'status', status: 200 }, 'status'],
    [{ endpoint: 'token', fault: 'delay' }, 'delay_ms'],
    [{ endpoint: 'token', fault: 'lose', count: 0 }, 'count'],
    [{ endpoint: 'token', fault: 'lose', often: 2 }, ''],
  ] as const) {
    const answer = await app.send(
      'POST',
      '/_sim/faults',
      { 'content-type': 'application/json' },
      JSON.stringify(order),
    );
    assert.deepEqual([answer.status, answer.json.where], [400, where], answer.text);
  }
  assert.equal(
    (await app.send('POST', '/_sim/faults', { 'content-type': 'application/json' }, 'nonsense')).status,
    400,
  );
  assert.equal(
    (await app.send('POST', '/_sim/settings', { 'content-type': 'application/json' }, '{"familykill":true}')).status,
    400,
  );
});

test('another site can order nothing', async () => {
  const { app } = direct();
  const form = { 'content-type': 'application/x-www-form-urlencoded', host: '127.0.0.1:5000' };
  const body = new URLSearchParams({ json: '{"endpoint":"me","fault":"lose"}' }).toString();
  assert.equal((await app.send('POST', '/_sim/faults', { ...form, 'sec-fetch-site': 'cross-site' }, body)).status, 403);
  assert.equal((await app.send('POST', '/_sim/faults', { ...form, origin: 'https://evil.example' }, body)).status, 403);
  assert.equal((await app.send('GET', '/_sim/state', { host: 'rebound.evil.example:5000' })).status, 421);
  assert.deepEqual(app.controls.state().faults, []);
  assert.equal(
    (await app.send('POST', '/_sim/faults', { ...form, 'sec-fetch-site': 'same-origin' }, body)).status,
    303,
  );
  assert.equal(app.controls.state().faults.length, 1);
});

test('what follows --fault is read, with a count behind it', () => {
  assert.deepEqual(parseFault('lose:token'), { kind: 'fault', order: { endpoint: 'token', fault: 'lose' } });
  assert.deepEqual(parseFault('lose-request:tweets*3'), {
    kind: 'fault',
    order: { endpoint: 'tweets', fault: 'lose_request', count: 3 },
  });
  assert.deepEqual(parseFault('delay:token:5000'), {
    kind: 'fault',
    order: { endpoint: 'token', fault: 'delay', delay_ms: 5000 },
  });
  assert.deepEqual(parseFault('status:tweets:500*2'), {
    kind: 'fault',
    order: { endpoint: 'tweets', fault: 'status', status: 500, count: 2 },
  });
  assert.deepEqual(parseFault('cut:any'), { kind: 'fault', order: { endpoint: 'any', fault: 'cut' } });
  assert.deepEqual(parseFault('family-kill'), { kind: 'settings', patch: { familyKill: true } });
  assert.deepEqual(parseFault('index-lag:1500'), { kind: 'settings', patch: { indexLagMs: 1500 } });
});

test('what is no fault is refused with all there is to choose from', () => {
  for (const text of [
    '',
    'lose',
    'lose:nowhere',
    'delay:token',
    'delay:token:soon',
    'status:tweets',
    'status:tweets:200',
    'lose:token:5',
    'lose:token*0',
    'family_kill',
    'toString',
  ]) {
    assert.throws(
      () => parseFault(text),
      { code: 'invalid', where: '--fault', message: /lose:ENDPOINT.*family-kill/s },
      text,
    );
  }
});

test('a fault can be ordered in the words of --fault over HTTP too', async () => {
  const { app } = direct();
  const order = (text: string) =>
    app.send('POST', '/_sim/faults', { 'content-type': 'application/json' }, JSON.stringify({ text }));
  assert.equal((await order('lose:token')).status, 201);
  assert.equal((await order('family-kill')).status, 200);
  assert.equal(app.controls.state().faults.length, 1);
  assert.equal(app.controls.state().settings.familyKill, true);
});

test('without a socket, a lost answer is unanswered, a late one a timeout, a cut one incomplete', async () => {
  const world = direct();
  const tokens = await world.app.connect();
  const { faults } = world.app.controls;
  faults.loseNextAnswer('me');
  assert.deepEqual(await outcome(world, tokens), { kind: 'unanswered', cause: 'reset' });
  faults.cutNextAnswer('me');
  assert.deepEqual(await outcome(world, tokens), { kind: 'answered', status: 200, complete: false });
  faults.delayNextAnswer('me', 20_000);
  assert.deepEqual(await outcome(world, tokens), { kind: 'answered', status: 200, complete: true });
  faults.delayNextAnswer('me', 30_001);
  const startedMs = world.clock.monotonicMs();
  assert.deepEqual(await outcome(world, tokens), { kind: 'unanswered', cause: 'timeout' });
  assert.ok(world.clock.monotonicMs() - startedMs >= 30_000);
});

test('without a socket, a road that is closed or too long sends nothing, and a withdrawn request neither', async () => {
  const world = direct();
  const tokens = await world.app.connect();
  const { counts } = world.app.controls.state();
  assert.deepEqual(await outcome(world, tokens, { fails: 'dns' }), { kind: 'not_sent', cause: 'dns' });
  assert.deepEqual(await outcome(world, tokens, { connectMs: 5_001 }), { kind: 'not_sent', cause: 'connect' });
  assert.deepEqual(await outcome(world, tokens, { connectMs: 5_000 }), {
    kind: 'answered',
    status: 200,
    complete: true,
  });
  const http = simHttpClient({ simulator: world.simulator, clock: world.clock });
  let sent = 0;
  const withdrawn = await http.send(request(tokens), { mayStillSend: () => false, sent: () => (sent += 1) });
  assert.deepEqual([withdrawn.kind, sent], ['not_sent', 0]);
  await http.send(request(tokens), { mayStillSend: () => true, sent: () => (sent += 1) });
  assert.equal(sent, 1);
  assert.deepEqual(world.app.controls.state().counts, counts);
});

test('without a socket, a body that is too long is cut at the limit', async () => {
  const world = direct();
  const tokens = await world.app.connect();
  const answer = await simHttpClient({ simulator: world.simulator, clock: world.clock }).send({
    ...request(tokens),
    bodyBytesMax: 10,
  });
  assert.ok(answer.kind === 'answered' && !answer.complete && answer.body.length === 10);
});

function request(tokens: Json): HttpRequest {
  return {
    method: 'GET',
    url: 'https://api.x.com/2/users/me',
    headers: { Authorization: `Bearer ${tokens.access_token}` },
    connectTimeoutMs: 5_000,
    answerTimeoutMs: 30_000,
    bodyBytesMax: 65_536,
  };
}

/** The answer without its body, once enough virtual time has passed for anything to happen. */
async function outcome(
  world: Direct,
  tokens: Json,
  road: { connectMs?: number; fails?: 'dns' | 'connect' } = {},
): Promise<unknown> {
  const http = simHttpClient({ simulator: world.simulator, clock: world.clock, road: () => road });
  const pending = http.send(request(tokens));
  await world.clock.advance(60_000);
  const answer: HttpAnswer = await pending;
  return answer.kind === 'answered'
    ? { kind: answer.kind, status: answer.status, complete: answer.complete }
    : { kind: answer.kind, cause: answer.cause };
}
