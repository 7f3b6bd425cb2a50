import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KippuEvent } from '../../src/model/event.ts';
import { Listeners } from '../../src/notify/listeners.ts';
import { settle, VirtualClock } from '../support/virtual-clock.ts';

function event(sequence: number, type: KippuEvent['type'] = 'connection.renewed'): KippuEvent {
  return {
    id: `evt_${sequence}` as KippuEvent['id'],
    sequence,
    type,
    atMs: 0,
    connectionId: undefined,
    postId: undefined,
    data: {},
  };
}

function listeners(): { readonly all: Listeners; readonly errors: unknown[] } {
  const errors: unknown[] = [];
  return { all: new Listeners((error) => errors.push(error)), errors };
}

describe('listeners', () => {
  it('hear of each event once, in order, by type or of everything', async () => {
    const { all } = listeners();
    const heard: string[] = [];
    all.on('*', ({ sequence }) => void heard.push(`all ${sequence}`));
    all.on('post.failed', ({ sequence }) => void heard.push(`failed ${sequence}`));
    all.tell(event(1));
    all.tell(event(2, 'post.failed'));
    await all.drain(new VirtualClock());
    assert.deepEqual(heard.toSorted(), ['all 1', 'all 2', 'failed 2']);
    assert.ok(heard.indexOf('all 1') < heard.indexOf('all 2'));
  });

  it('that throw, or reject, are reported, and hold nobody up', async () => {
    const { all, errors } = listeners();
    const heard: number[] = [];
    all.on('*', () => {
      throw new Error('thrown');
    });
    all.on('*', async () => {
      throw new Error('rejected');
    });
    all.on('*', ({ sequence }) => void heard.push(sequence));
    for (const sequence of [1, 2]) all.tell(event(sequence));
    await all.drain(new VirtualClock());
    assert.deepEqual(heard, [1, 2]);
    assert.deepEqual(errors.map((error) => (error as Error).message).toSorted(), [
      'rejected',
      'rejected',
      'thrown',
      'thrown',
    ]);
  });

  it('that are slow hear of the next event when they are done, while others go on', async () => {
    const { all } = listeners();
    const heard: string[] = [];
    const slow: (() => void)[] = [];
    all.on('*', ({ sequence }) => {
      heard.push(`slow ${sequence}`);
      return new Promise<void>((resolve) => slow.push(resolve));
    });
    all.on('*', ({ sequence }) => void heard.push(`quick ${sequence}`));
    for (const sequence of [1, 2]) all.tell(event(sequence));
    await settle();
    assert.deepEqual(heard.toSorted(), ['quick 1', 'quick 2', 'slow 1']);
    slow[0]?.();
    await settle();
    assert.ok(heard.includes('slow 2'));
  });

  it('hear of nothing any more once they have stopped, not even of what waits', async () => {
    const { all } = listeners();
    const heard: number[] = [];
    const stop = all.on('*', ({ sequence }) => void heard.push(sequence));
    all.tell(event(1));
    await settle();
    all.tell(event(2));
    stop();
    all.tell(event(3));
    await all.drain(new VirtualClock());
    assert.deepEqual(heard, [1]);
  });

  it('are waited for at the end, but not for ever', async () => {
    const { all } = listeners();
    const clock = new VirtualClock();
    let isDone = false;
    all.on('*', () => new Promise<void>(() => undefined));
    all.tell(event(1));
    void all.drain(clock).then(() => {
      isDone = true;
    });
    await clock.advance(4999);
    assert.equal(isDone, false);
    await clock.advance(1);
    assert.equal(isDone, true);
  });
});
