import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawPlan } from './draw.ts';
import { runHistory } from './history.ts';
import { storyOf } from './story.ts';

const SEEDS = Array.from({ length: 25 }, (_, index) => 90_001 + index);

test('the same seed gives the same history, byte for byte', async () => {
  const first = new Map<number, string>();
  for (const seed of SEEDS) first.set(seed, storyOf(await runHistory(drawPlan(seed), { isTelling: true })));
  // In another order, so that nothing that one history leaves behind is taken for chance by the next.
  for (const seed of SEEDS.toReversed()) {
    assert.equal(storyOf(await runHistory(drawPlan(seed), { isTelling: true })), first.get(seed), `seed ${seed}`);
  }
});

test('a history that is told goes like one that is not', async () => {
  for (const seed of SEEDS.slice(0, 5)) {
    const [told, untold] = [await runHistory(drawPlan(seed), { isTelling: true }), await runHistory(drawPlan(seed))];
    assert.deepEqual([told.steps, told.lastedMs, [...told.met]], [untold.steps, untold.lastedMs, [...untold.met]]);
  }
});

test('different seeds give different histories', async () => {
  const digests = new Set<string>();
  for (const seed of SEEDS) digests.add((await runHistory(drawPlan(seed), { isTelling: true })).digest);
  assert.equal(digests.size, SEEDS.length);
});

test('a story names people and tokens, and never an id', async () => {
  for (const seed of SEEDS) {
    const story = storyOf(await runHistory(drawPlan(seed), { isTelling: true }));
    assert.doesNotMatch(story, /(?:con|pst|att|cns|sch|evt|whk|dlv)_[0-9a-z]{20}/, `seed ${seed}`);
  }
});
