import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptedPost } from '../evidence.ts';
import { pickUp, type KippuNode } from '../node.ts';
import { Chance } from '../plan.ts';
import { connectionOf, type Played } from '../played.ts';

const REST_MS = 300;
const AHEAD_MS = 6000;
/** So that an account that was lost fails its posts within the run. */
const LATEST_AFTER_S = 25;
const TRIES_MAX = 40;

export interface PosterOptions {
  readonly played: Played;
  readonly name: string;
  readonly seed: string;
  readonly handles: readonly string[];
  readonly nodes: readonly KippuNode[];
  readonly accepted: AcceptedPost[];
  readonly stop: AbortSignal;
}

/** Makes posts, now and for soon. Whoever gets no answer asks again with the same key: it is the same post. */
export async function makePosts({ played, name, seed, handles, nodes, accepted, stop }: PosterOptions): Promise<void> {
  const chance = new Chance(seed);
  const open = new Set<Promise<void>>();
  for (let number = 1; !stop.aborted; number += 1) {
    const isNow = chance.upTo(10) < 6;
    const body = {
      connection: connectionOf(played, chance.pick(handles)),
      text: `${name} says number ${number}`,
      latest_after: LATEST_AFTER_S,
      ...(isNow ? {} : { publish_at: new Date(Date.now() + chance.between(500, AHEAD_MS)).toISOString() }),
    };
    const creating = create(body, () => pickUp(nodes, chance), { accepted, stop }).finally(() => open.delete(creating));
    open.add(creating);
    await sleep(chance.upTo(2 * REST_MS));
  }
  await Promise.all(open);
}

async function create(
  body: { readonly text: string },
  nextNode: () => KippuNode,
  { accepted, stop }: Pick<PosterOptions, 'accepted' | 'stop'>,
): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    try {
      const answer = await nextNode().call('POST', '/v1/posts', { body, headers: { 'idempotency-key': body.text } });
      if (answer.status < 300) accepted.push({ id: String(answer.body['id']), text: body.text });
      // Busy, or the disk is full: nothing was made. Anything else is the end of it.
      if (answer.status !== 503) return;
    } catch {
      // Down, killed or stopped: whether it was made is unknown, and the key makes it safe to ask again.
      if (stop.aborted && tries > 3) return;
    }
    await sleep(500);
  }
}
