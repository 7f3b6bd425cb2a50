import type { Network } from './network.ts';
import { xNetwork } from './x.ts';

/** By the provider's id. A provider that is not here is connected to for its tokens alone. */
export type Networks = ReadonlyMap<string, Network>;

export const NETWORKS: Networks = new Map([['x', xNetwork]]);
