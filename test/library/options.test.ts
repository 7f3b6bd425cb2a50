import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKippu, KippuError, type KippuOptions } from '../../src/index.ts';
import { toNodeHandler, toRequest } from '../../src/node.ts';
import { x } from '../../src/providers/index.ts';
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
