import type { EventType } from '../../../src/model/event.ts';
import type { Store } from '../../../src/model/store.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** A second process at the same store; where a store is one process's own, that one again. */
  readonly other: Store;
  /** Of its tables' names, where it shares a file. */
  readonly prefix?: string;
  readonly clock: VirtualClock;
  close(): Promise<void>;
}

/** What it says, and how that is tried. */
export type Suite = Readonly<Record<string, (under: StoreUnderTest) => Promise<void>>>;

export async function types(store: Store): Promise<readonly EventType[]> {
  return (await store.events.list({ limit: 1000 })).map(({ type }) => type);
}
