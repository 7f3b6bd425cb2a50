import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKippu } from '../../src/app/kippu.ts';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { systemRandom } from '../../src/app/ports/system-random.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { APP, connected } from '../support/store-samples.ts';

test('a listener of the library hears of what other processes do from now on, and close tells what is left', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kippu-library-'));
  const open = sqlite(join(directory, 'kippu.db'));
  const other = await open({ clock: systemClock, random: systemRandom, faults: { reach: () => undefined } });
  await other.home.registerApps([APP]);
  await connected(other, 'before', 0);
  const kippu = createKippu({
    publicUrl: 'http://127.0.0.1:4180',
    store: open,
    home: join(directory, 'home'),
    providers: [],
    worker: false,
  });
  const heard: string[] = [];
  const note = (who: string) => (event: { readonly data: Readonly<Record<string, unknown>> }) => {
    heard.push(`${who} ${String(event.data['name'])}`);
  };
  kippu.on('connection.created', note('created'));
  kippu.on('*', note('all'));
  kippu.on('connection.revoked', note('revoked'));
  kippu.on('*', () => {
    throw new Error('a listener’s own trouble');
  });
  kippu.on('*', note('stopped'))();
  await assert.rejects(kippu.getAccessToken('x:nobody'), { code: 'not_found' });
  await connected(other, 'alice', 0);
  await connected(other, 'bob', 0);
  await kippu.close();
  assert.deepEqual(heard.toSorted(), ['all x:alice', 'all x:bob', 'created x:alice', 'created x:bob']);
  assert.ok(heard.indexOf('all x:alice') < heard.indexOf('all x:bob'));
  await other.close();
  rmSync(directory, { recursive: true });
});

test('a listener of a store that cannot be opened hears nothing, and breaks nothing', async () => {
  const kippu = createKippu({
    publicUrl: 'http://127.0.0.1:4180',
    store: sqlite('/nowhere/at/all/kippu.db'),
    home: join(tmpdir(), 'kippu-of-nobody'),
    providers: [],
    worker: false,
  });
  kippu.on('*', () => assert.fail('nothing can have happened'));
  await assert.rejects(kippu.getAccessToken('x:nobody'), { code: 'store_unavailable' });
  await kippu.close();
  rmSync(join(tmpdir(), 'kippu-of-nobody'), { recursive: true, force: true });
});
