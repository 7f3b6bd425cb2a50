import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { createKippu, KippuError, type KippuOptions } from '../../src/index.ts';
import { toNodeHandler, toRequest } from '../../src/node.ts';
import { appAt, auth0, defineProvider, x, type ProviderApp } from '../../src/providers/index.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { Application } from './application.ts';

const NO_SPANS = [Number.NaN, Number.POSITIVE_INFINITY, -1, -0.001, '60', null] as unknown as readonly number[];

/** `invalid`, and with the option, what was given and what to give. */
function refusalOf(where: string, shown: unknown): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof KippuError, String(error));
    assert.deepEqual([error.code, error.where], ['invalid', where]);
    const value = typeof shown === 'number' ? String(shown) : JSON.stringify(shown);
    assert.ok(error.message.includes(`${where} is ${value}. Give `), error.message);
    return true;
  };
}

test('a minTtl or a maxAge that is no span is refused, before and after a token is in memory, and nothing is renewed', async () => {
  await using app = await Application.start();
  const { kippu } = app;
  await app.connect('alice');
  const askAll = async (): Promise<void> => {
    for (const wrong of NO_SPANS) {
      await assert.rejects(kippu.getAccessToken('x:alice', { minTtl: wrong }), refusalOf('minTtl', wrong));
      await assert.rejects(kippu.getIdToken('x:alice', { maxAge: wrong }), refusalOf('maxAge', wrong));
      await assert.rejects(
        kippu.getAccessToken('x:nobody', { minTtl: wrong, refused: 'a' }),
        refusalOf('minTtl', wrong),
      );
    }
  };
  await askAll();
  await kippu.getAccessToken('x:alice');
  await askAll();
  assert.equal(app.sim.state().counts.renewals, 0);
  for (const minTtl of [0, 0.5, 60, undefined]) await kippu.getAccessToken('x:alice', { minTtl });
  assert.equal(app.sim.state().counts.renewals, 0);
});

test('a time to post that is no time, and a span of being late that is none, are refused', async () => {
  await using app = await Application.start();
  await app.connect('alice');
  const { kippu } = app;
  await assert.rejects(kippu.post('x:alice', { text: 'a', publishAt: new Date(Number.NaN) }), {
    code: 'invalid',
    where: 'publishAt',
  });
  const schedule = { cron: '0 9 * * *', timezone: 'Asia/Tokyo', text: 'a' };
  for (const wrong of NO_SPANS) {
    await assert.rejects(kippu.post('x:alice', { text: 'a', latestAfter: wrong }), refusalOf('latestAfter', wrong));
    await assert.rejects(
      kippu.schedule('x:alice', { ...schedule, latestAfter: wrong }),
      refusalOf('latestAfter', wrong),
    );
  }
  assert.deepEqual((await kippu.posts().next()).done, true);
});

test('a timing that is none is refused by the first call, and one that is left out is as usual', async () => {
  const cases = [
    [{ deadlineMs: Number.NaN }, 'timing.deadlineMs'],
    [{ lateAnswerMs: -1 }, 'timing.lateAnswerMs'],
    [{ replayMarginMs: Number.POSITIVE_INFINITY }, 'timing.replayMarginMs'],
    [{ deadlineMS: 5 }, 'timing.deadlineMS'],
    [30, 'timing'],
  ] as const;
  for (const [timing, where] of cases) {
    const kippu = createKippu({ ...GOOD, timing: timing as KippuOptions['timing'] });
    await assert.rejects(kippu.connection('x:alice'), { code: 'invalid', where });
    await kippu.close();
  }
  await using app = await Application.start({ kippu: { timing: { deadlineMs: undefined } as unknown as {} } });
  await app.connect('alice');
  assert.equal((await app.kippu.renew('x:alice')).renewals, 1);
});

const GOOD: KippuOptions = {
  publicUrl: 'http://127.0.0.1:4180',
  store: sqlite(':memory:'),
  keys: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  providers: [x({ clientId: 'c' })],
  worker: false,
};

test('an origin that is none and a limit without an end are refused when the handler is made', () => {
  const answer = (): Response => new Response('ok');
  for (const bodyBytesMax of [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5])
    assert.throws(() => toNodeHandler(answer, { bodyBytesMax }), refusalOf('bodyBytesMax', bodyBytesMax));
  for (const origin of ['app.example', '', 'https://'])
    assert.throws(() => toNodeHandler(answer, { origin }), { code: 'invalid', where: 'origin' });
  assert.throws(() => toRequest({} as never, { bodyBytesMax: Number.NaN }), { code: 'invalid', where: 'bodyBytesMax' });
});

test('options of an app that cannot be are refused when it is made, with the provider, the option and what to give', () => {
  const cases = [
    [
      () => x({ clientId: '' }),
      'clientId',
      /The app at X: clientId is empty\. If it comes from an environment variable/,
    ],
    [() => x({} as never), 'clientId', /clientId is missing/],
    [() => x({ clientId: undefined } as never), 'clientId', /clientId is missing/],
    [() => x({ clientId: 'c', clientSecret: '' }), 'clientSecret', /empty/],
    [() => x({ clientId: 'c', clientSecret: 7 } as never), 'clientSecret', /is no text/],
    [() => x({ clientId: 'c', secret: 'canary' } as never), 'secret', /There is no field secret/],
    [() => x({ clientId: 'c', scopes: 'tweet.read canary' } as never), 'scopes', /scopes is a text\. Give a list/],
    [() => x({ clientId: 'c', replay: 'no' } as never), 'replay', /Give true or false/],
    [() => appAt(xLike, { clientId: '' }), 'clientId', /empty/],
    [() => tenant({ leeway: -1 }), 'leeway', /There is no field leeway/],
    [() => tenant({ leeway: Number.NaN }), 'leeway', /There is no field leeway/],
    [() => tenant({ rotation: 'foo' }), 'rotation', /There is no field rotation/],
    [() => tenant({ clientAuth: 'foo' }), 'clientAuth', /clientAuth is "foo"\. Give 'body' or 'basic'/],
    [() => tenant({ refresh: { leewayMs: -1 } }), 'refresh.leewayMs', /refresh\.leewayMs is -1\. Give a whole number/],
    [() => tenant({ refresh: { leewayMs: Number.NaN } }), 'refresh.leewayMs', /is NaN/],
    [() => tenant({ refresh: { lifetimeMs: 'always' } }), 'refresh.lifetimeMs', /"always"/],
    [() => tenant({ refresh: { idleMs: 0.5 } }), 'refresh.idleMs', /0\.5/],
    [() => tenant({ refresh: { rotation: 'foo' } }), 'refresh.rotation', /'rotating' or 'non-rotating'/],
  ] as const;
  for (const [make, where, message] of cases)
    assert.throws(make, (error) => {
      assert.ok(error instanceof KippuError, String(error));
      assert.deepEqual([error.code, error.where], ['invalid', where], error.message);
      assert.match(error.message, message);
      assert.doesNotMatch(inspect(error), /canary/);
      return true;
    });
  assert.equal(tenant({ refresh: { lifetimeMs: 'never', leewayMs: 0 } }).provider.refresh.absoluteMs, undefined);
  assert.equal(appAt(xLike).clientId, '');
});

const xLike = defineProvider({ id: 'acme', name: 'Acme', endpoints: { api: 'https://api.acme.example' } });

function tenant(options: object): ProviderApp {
  return auth0({ domain: 'tenant.eu.auth0.com', clientId: 'c', ...options });
}

test('options of createKippu that cannot be are refused by the first call, and no password is repeated', async () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ store: 'postgres://user:canary@db/app' }, 'store'],
    [{ store: undefined }, 'store'],
    [{ providers: [x({ clientId: 'a' }), x({ clientId: 'b' })] }, 'providers[1]'],
    [{ providers: [{ clientId: 'c', clientSecret: 'canary' }] }, 'providers[0]'],
    [{ providers: x({ clientId: 'c' }) }, 'providers'],
    [{ providers: undefined }, 'providers'],
    [{ keys: ['canary'] }, 'keys'],
    [{ mail: 'smtps://user:canary@host' }, 'mail'],
    [{ mail: { smtpUrl: 'smtps://user:canary@host', from: 'a@b.example', to: 'canary' } }, 'mail.to'],
    [{ composers: { morning: 'canary' } }, 'composers.morning'],
    [{ worker: 'no' }, 'worker'],
    [{ historyDays: Number.NaN }, 'historyDays'],
    [{ returnUrls: 'https://app.example' }, 'returnUrls'],
    [{ publicURL: 'https://app.example' }, 'publicURL'],
  ];
  for (const [wrong, where] of cases) {
    const kippu = createKippu({ ...GOOD, ...wrong });
    await assert.rejects(kippu.getAccessToken('x:alice'), (error) => {
      assert.ok(error instanceof KippuError, inspect(error));
      assert.deepEqual([error.code, error.where], ['invalid', where], error.message);
      assert.doesNotMatch(inspect(error), /canary/);
      return true;
    });
    await kippu.close();
  }
});

test('a call that cannot be made is an error of Kippu, and repeats no secret', async () => {
  await using app = await Application.start();
  const { kippu, sim } = app;
  await app.connect('alice');
  const { host } = new URL(sim.url);
  const cases: readonly (readonly [string, RequestInit, string])[] = [
    ['http://[bad', {}, 'url'],
    [`http://user:canary@${host}/2/users/me`, {}, 'url'],
    [`http://canary@${host}/2/users/me`, {}, 'url'],
    ['https://elsewhere.example/2/users/me', {}, 'url'],
    ['/2/users/me', { method: 'TRACE' }, 'init'],
    ['/2/users/me', { body: 'canary' }, 'init'],
    ['/2/users/me', { headers: { 'x-key': 'canary\ncanary' } }, 'init'],
    ['/2/users/me', { method: 'POST', body: new ReadableStream() }, 'init'],
  ];
  for (const [url, init, where] of cases)
    await assert.rejects(kippu.fetch('x:alice', url, init), (error) => {
      assert.ok(error instanceof KippuError, inspect(error));
      assert.deepEqual([error.code, error.where], ['invalid', where], error.message);
      assert.doesNotMatch(inspect(error), /canary/);
      return true;
    });
  const whole = new URL('/2/users/me', sim.url) as unknown as string;
  for (const url of ['/2/users/me', whole]) assert.equal((await kippu.fetch('x:alice', url)).status, 200);
});
