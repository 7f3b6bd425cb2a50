import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askFunction, type ComposeFunction } from '../../src/app/ports/ask-function.ts';
import type { Composed } from '../../src/model/composer.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const FACTS = {
  schedule: 'sch_1',
  connection: 'x:alice',
  occurrenceAtMs: 0,
  localTime: '2026-11-21T09:00',
  timezone: 'Asia/Tokyo',
  n: 3,
  recentTexts: ['yesterday'],
};

function ask(
  compose: ComposeFunction,
  clock = new VirtualClock(),
  stop = new AbortController().signal,
): Promise<Composed> {
  return askFunction('morning', FACTS, stop, { functions: new Map([['morning', compose]]), clock });
}

test('a function is told the facts, and its text is taken', async () => {
  const said = await ask(({ n, localTime, recentTexts }) => ` ${n} ${localTime} ${recentTexts[0]}\n`);
  assert.deepEqual(said, { kind: 'composed', text: '3 2026-11-21T09:00 yesterday', madeWithAi: undefined });
  const labelled = await ask(async () => ({ text: 'By a machine.', madeWithAi: true }));
  assert.deepEqual(labelled, { kind: 'composed', text: 'By a machine.', madeWithAi: true });
});

test('a function that throws, gives nothing, or is not there has failed, and its error’s words are not kept', async () => {
  const thrown = await ask(() => Promise.reject(new RangeError('the token is abc')));
  assert.deepEqual(thrown, { kind: 'failed', detail: 'the function failed: RangeError' });
  for (const nothing of [undefined, null, 7, {}, { text: 7 }])
    assert.equal((await ask(() => nothing as unknown as string)).kind, 'failed', JSON.stringify(nothing));
  const { signal } = new AbortController();
  const missing = await askFunction('evening', FACTS, signal, { functions: new Map(), clock: new VirtualClock() });
  assert.match(missing.kind === 'failed' ? missing.detail : '', /no function "evening"/);
});

test('a function that never ends is told so after a minute, and waited for no more', async () => {
  const clock = new VirtualClock();
  let signal: AbortSignal | undefined;
  const asked = ask((call) => {
    signal = call.signal;
    return new Promise(() => undefined);
  }, clock);
  await clock.advance(59_000);
  assert.equal(signal?.aborted, false);
  await clock.advance(1000);
  assert.deepEqual(await asked, { kind: 'failed', detail: 'no answer within 60 s' });
  assert.equal(signal.aborted, true);
});

test('when the worker stops, whoever writes is let go and asked again later', async () => {
  const stop = new AbortController();
  const asked = ask(() => new Promise(() => undefined), new VirtualClock(), stop.signal);
  stop.abort();
  assert.deepEqual(await asked, { kind: 'stopped' });
});
