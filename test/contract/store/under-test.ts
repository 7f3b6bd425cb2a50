import type { EventType } from '../../../src/model/event.ts';
import type { Store } from '../../../src/model/store.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** A second process at the same store; where a store is one process's own, that one again. */
  readonly other: Store;
  readonly clock: VirtualClock;
  /** Opens a backup; absent: the engine leaves backups to its server's tools. */
  openBackup?(file: string): Promise<Store>;
  /** Behind a pooler in transaction mode. */
  readonly hearsNothing?: boolean;
  /** Where others are told over a network: resolves once they have heard. */
  caughtUp?(): Promise<void>;
  close(): Promise<void>;
}

/** What it says, and how that is tried. */
export type Suite = Readonly<Record<string, (under: StoreUnderTest) => Promise<void>>>;

export async function types(store: Store): Promise<readonly EventType[]> {
  return (await store.events.list({ limit: 1000 })).map(({ type }) => type);
}
