import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import { Chance } from './chance.ts';
import { drawCompound } from './compounds.ts';
import { drawFault, type Drawing, type Timed } from './draw-faults.ts';
import { drawMore } from './draw-more.ts';
import type { Act, Plan, Step } from './plan.ts';
import { PROVIDERS, type ProviderKind } from './provider-model.ts';

const KINDS = (Object.keys(PROVIDERS) as ProviderKind[]).filter((kind) => kind !== 'access-token');
/** By a chance of its own: the histories of all other seeds are what they would be without it. */
const ACCESS_TOKEN_SHARE = 0.08;
/** As well by a chance of its own. */
const FORGETTING_SHARE = 0.25;

/** Draws a history: some episodes, with quiet between them, most about the end of an access token. */
export function drawPlan(seed: number): Plan {
  const chance = new Chance(seed, 'plan');
  const drawn = chance.isLucky(0.25) ? 'x' : chance.pick(KINDS);
  const provider = new Chance(seed, 'kind').isLucky(ACCESS_TOKEN_SHARE) ? 'access-token' : drawn;
  const users = chance.isLucky(0.25) ? ['alice', 'bob'] : ['alice'];
  const nodes = chance.pick([1, 2, 2, 3]);
  const accessLifetimeMs = chance.pick([10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS]);
  const separateMachines = chance.isLucky(0.5);
  const drawing: Drawing = { chance, provider, users, nodes, separateMachines, accessLifetimeMs, posts: 0 };
  const steps: Step[] = [];
  let atMs = chance.between(SECOND_MS, MINUTE_MS);
  for (let episodes = chance.between(1, 4); episodes > 0; episodes -= 1) {
    atMs += gapOf(drawing);
    for (const { afterMs, ...what } of drawEpisode(drawing)) steps.push({ atMs: Math.max(0, atMs + afterMs), ...what });
  }
  const more = drawMore({ seed, provider, nodes, users, steps, faultsEndAtMs: endOf(atMs, steps) });
  const all = [...steps, ...more.steps].sort((one, other) => one.atMs - other.atMs);
  return {
    ...{ seed, provider, nodes, users, accessLifetimeMs, steps: all, hasReceiver: more.hasReceiver },
    separateMachines,
    forgets: new Chance(seed, 'forgetting').isLucky(FORGETTING_SHARE),
    policy: chance.isLucky(0.3) ? 'always' : 'on-use',
    replay: chance.isLucky(0.9),
    faultsEndAtMs: endOf(atMs, all),
  };
}

/** When the last of it is over, and what it has begun has had some time. */
export function endOf(atMs: number, steps: readonly Step[]): number {
  const ends = steps.map((step) => {
    const lastsMs = 'lastsMs' in step ? step.lastsMs : 'downMs' in step ? step.downMs : 0;
    return step.atMs + lastsMs;
  });
  return Math.max(atMs, ...ends) + 5 * MINUTE_MS;
}

function drawEpisode(drawing: Drawing): readonly Timed[] {
  const { chance } = drawing;
  const acts = Array.from({ length: chance.between(1, 3) }, () => ({
    afterMs: chance.isLucky(0.5) ? 0 : chance.between(0, 20 * SECOND_MS),
    ...drawAct(drawing),
  }));
  const kind = chance.weighted({ compound: 6, single: 3, calm: 1 });
  switch (kind) {
    case 'calm':
      return acts;
    case 'single':
      return [...acts, { afterMs: chance.between(-2 * SECOND_MS, 3 * SECOND_MS), ...drawFault(drawing) }];
    case 'compound':
      return [...drawCompound(drawing), ...acts];
  }
}

/** Most episodes meet an access token that is about to end, because nothing much happens before. */
function gapOf({ chance, accessLifetimeMs }: Drawing): number {
  const gap = chance.weighted({ end: 8, soon: 1, patience: 1, half: 1 });
  switch (gap) {
    case 'end':
      return accessLifetimeMs + chance.between(-90 * SECOND_MS, 30 * SECOND_MS);
    case 'soon':
      return chance.between(0, 30 * SECOND_MS);
    case 'patience':
      return chance.between(3 * MINUTE_MS, 6 * MINUTE_MS);
    case 'half':
      return accessLifetimeMs / 2;
  }
}

function drawAct(drawing: Drawing): Act {
  const { chance, users, nodes, provider } = drawing;
  const node = chance.between(0, nodes - 1);
  const user = chance.pick(users);
  const kind = chance.weighted({
    ...{ use: 20, renew_now: 1.5, consent_again: 0.8, revoke: 0.4, remove_app: 0.3 },
    post: provider === 'x' ? 12 : 0,
  });
  switch (kind) {
    case 'use':
      return {
        ...{ kind, node, user },
        ...(chance.isLucky(0.2) ? { minTtlMs: chance.pick([MINUTE_MS, 10 * MINUTE_MS, 5 * HOUR_MS]) } : {}),
        ...(chance.isLucky(0.15) ? { leavesAfterMs: chance.between(0, 3 * SECOND_MS) } : {}),
      };
    case 'renew_now':
    case 'consent_again':
      return { kind, node, user };
    case 'revoke':
      return { kind, node, user, atProvider: chance.isLucky(0.8) };
    case 'remove_app':
      return { kind, user };
    case 'post':
      return drawPost(drawing, { node, user });
  }
}

/** Some say the same again, as a daily greeting does. */
export function drawPost(
  drawing: Drawing,
  by: { readonly node: number; readonly user: string },
): Extract<Act, { kind: 'post' }> {
  const { chance } = drawing;
  drawing.posts += 1;
  const text = chance.isLucky(0.5) ? 'good morning' : `post number ${drawing.posts}`;
  return {
    kind: 'post',
    ...by,
    text,
    inMs: chance.pick([0, 0, MINUTE_MS, 5 * MINUTE_MS]),
    resends: chance.isLucky(0.15),
  };
}
