import assert from 'node:assert/strict';
import type { Connection } from '../../../src/model/connection.ts';
import type { AttemptOutcome, Claim } from '../../../src/model/credential-store.ts';
import type { HistoryLimits } from '../../../src/model/history-store.ts';
import type { Store } from '../../../src/model/store.ts';
import { claimed, connected, failed, print, renewed } from '../../support/store-samples.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import type { StoreUnderTest } from './under-test.ts';

export function limitsAt(clock: VirtualClock): HistoryLimits {
  return {
    endedBeforeMs: clock.nowMs(),
    spentBeforeMs: 0,
    newestKept: 1,
    rowsMax: 100,
    connectionsMax: 100,
    nextRoundAtMs: clock.nowMs() + 5,
  };
}

/** A whole round, with the next one due at once; gives what it has forgotten. */
export async function forgetAll({ store, clock }: StoreUnderTest, more: Partial<HistoryLimits> = {}): Promise<number> {
  for (let portions = 0; portions < 99; portions += 1) {
    const portion = await store.history.forget({ ...limitsAt(clock), nextRoundAtMs: clock.nowMs(), ...more });
    if (portion?.roundForgot !== undefined) return portion.roundForgot;
  }
  assert.fail('the round has no end');
}

/** A connection that was renewed so often, a millisecond apart, and of which everybody was told. */
export async function withRenewals(under: StoreUnderTest, name: string, count: number): Promise<Connection> {
  const connection = await connected(under.store, name, under.clock.nowMs());
  for (let n = 1; n <= count; n += 1) await renew(under, connection, n);
  await fanOut(under.store);
  return connection;
}

export async function renew(
  { store, clock }: StoreUnderTest,
  connection: Connection,
  n: number,
  parent = `${connection.handle} ${n}`,
): Promise<void> {
  const claim = await claimed(store, connection, { parentFingerprint: print(parent) });
  const settlement = renewed(claim, parent, `${connection.handle} ${n + 1}`, clock.nowMs());
  assert.equal(await store.credentials.settleRenewed(settlement), 'settled');
  await clock.advance(1);
}

/** So that the one that matters is not merely the newest. */
export async function addYounger({ store, clock }: StoreUnderTest, connection: Connection): Promise<Claim> {
  const claim = await claimed(store, connection);
  await store.credentials.settleFailed(failed(claim, 'unavailable', clock.nowMs()));
  await clock.advance(1);
  return claim;
}

/** The oldest first. */
export async function outcomes(store: Store, { id }: Connection): Promise<readonly (AttemptOutcome | undefined)[]> {
  return (await store.credentials.attempts(id, 99)).map(({ outcome }) => outcome).toReversed();
}

export async function fanOut(store: Store): Promise<void> {
  await store.events.list({ limit: 1 });
  await store.notices.fanOut({ channel: 'webhook', limit: 1000 });
}
