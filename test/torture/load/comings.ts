import { setTimeout as sleep } from 'node:timers/promises';
import type { ForcedRenewal } from '../evidence.ts';
import { pickUp, type Answer, type KippuNode } from '../node.ts';
import { Chance } from '../plan.ts';
import { connectionOf } from '../played.ts';
import type { CallerTally } from './callers.ts';
import type { ProviderProcess } from '../provider.ts';

const REST_MS = 300;

export interface ComingsOptions {
  readonly seed: string;
  readonly handles: readonly string[];
  readonly nodes: readonly KippuNode[];
  readonly provider: ProviderProcess;
  readonly forced: ForcedRenewal[];
  readonly tally: CallerTally;
  readonly stop: AbortSignal;
}

/**
 * Where no posts are made: connections are renewed before their time, revoked, and taken back at the provider behind
 * Kippu's back. Whoever left comes back, as soon as his turn is ({@link Users}).
 */
export async function comeAndGo({
  seed,
  handles,
  nodes,
  provider,
  forced,
  tally,
  stop,
}: ComingsOptions): Promise<void> {
  const chance = new Chance(seed);
  const open = new Set<Promise<void>>();
  while (!stop.aborted) {
    const handle = chance.pick(handles);
    const node = pickUp(nodes, chance);
    const path = `/v1/connections/${connectionOf(provider.played, handle)}`;
    const what = chance.weighted({ renew: 12, leave: 2, remove: 1 });
    const acts = {
      renew: () => forceRenewal(handle, () => node.call('POST', `${path}/renew`), forced),
      leave: () => node.call('DELETE', path),
      remove: () => provider.removeApp(handle),
    } as const;
    const acting = acts[what]()
      // Down, killed or stopped: that is what the plan does, and whatever was asked for, the books tell what became of it.
      .catch(() => undefined)
      .then((answer) => {
        const end = `over HTTP: ${what} ${answer?.status ?? 'unanswered'}`;
        tally.exits[end] = (tally.exits[end] ?? 0) + 1;
      })
      .finally(() => open.delete(acting));
    open.add(acting);
    await sleep(chance.upTo(2 * REST_MS));
  }
  await Promise.all(open);
}

/** Somebody wants another token at whatever cost: he does not wait for a spool that cannot be looked into. */
async function forceRenewal(handle: string, renew: () => Promise<Answer>, forced: ForcedRenewal[]): Promise<Answer> {
  const fromMs = Date.now();
  try {
    return await renew();
  } finally {
    forced.push({ handle, fromMs, toMs: Date.now() });
  }
}
