import type { SimEvent } from '../events.ts';
import type { World } from '../world.ts';

/** X's pay-per-use prices since April 2026, in millionths of a dollar (docs.x.com, x-api/getting-started/pricing). */
export const X_PRICES = {
  postCreate: 15_000,
  /** A link makes a post thirteen times as expensive. */
  postCreateWithUrl: 200_000,
  /** A reply to somebody who mentioned you. */
  summonedReply: 10_000,
  postDelete: 10_000,
  postRead: 5_000,
  userRead: 10_000,
  /** The app's owner reading his own posts or followers. */
  ownedRead: 1_000,
} as const;

/** One thing that a successful answer is charged for. A `resource` is charged once per UTC day and client. */
export interface Charge {
  readonly microDollars: number;
  readonly resource?: string;
}

/** What these charges come to today: only answers that bring data are billed, and no resource twice a day. */
export function bill(world: World, clientId: string, charges: readonly Charge[]): readonly SimEvent[] {
  const { money } = world.state;
  const day = new Date(world.nowMs).toISOString().slice(0, 10);
  const resources = new Set<string>();
  let microDollars = 0;
  for (const charge of charges) {
    const key = charge.resource === undefined ? undefined : `${clientId} ${charge.resource}`;
    if (key !== undefined && (resources.has(key) || (money.readDay === day && money.readToday.has(key)))) continue;
    if (key !== undefined) resources.add(key);
    microDollars += charge.microDollars;
  }
  return microDollars === 0 ? [] : [{ kind: 'billed', microDollars, day, resources: [...resources] }];
}
