import type { MissedPolicy } from '../../src/model/schedule.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import type { Endpoint, WireFault } from './network.ts';
import type { ProviderKind } from './provider-model.ts';

/** What people and programs do. */
export type Act =
  | {
      readonly kind: 'use';
      readonly node: number;
      readonly user: string;
      readonly minTtlMs?: number;
      readonly leavesAfterMs?: number;
    }
  | { readonly kind: 'renew_now'; readonly node: number; readonly user: string }
  | { readonly kind: 'consent_again'; readonly node: number; readonly user: string }
  | { readonly kind: 'revoke'; readonly node: number; readonly user: string; readonly atProvider: boolean }
  | { readonly kind: 'remove_app'; readonly user: string }
  /** The provider ends the access token before its time, and the grant lives on. */
  | { readonly kind: 'end_access'; readonly user: string }
  | {
      readonly kind: 'post';
      readonly node: number;
      readonly user: string;
      readonly text: string;
      readonly inMs: number;
      readonly resends: boolean;
    }
  /** The same account posts by other means than ours. */
  | { readonly kind: 'post_elsewhere'; readonly user: string; readonly text: string }
  | ({
      readonly kind: 'import';
      readonly node: number;
      readonly user: string;
      readonly knowsSubject: boolean;
    } & Brought)
  | ({ readonly kind: 'schedule'; readonly node: number; readonly user: string } & NewRuns)
  | {
      readonly kind: 'change_schedule';
      readonly node: number;
      readonly user: string;
      readonly label: string;
      readonly change: 'pause' | 'resume' | 'other_text' | 'remove';
    };

/** What is imported: tokens that another program has obtained, or a copy of some that are, or were, here. */
export interface Brought {
  readonly brought: 'fresh' | 'stored' | 'spent';
}

/** A schedule that is to be made. */
export interface NewRuns {
  /** As in `s1`: stands in the text of each run. */
  readonly label: string;
  readonly makes: 'known' | 'composed' | 'measurements';
  readonly everyMinutes: number;
  readonly missed: MissedPolicy;
  readonly latestAfterMs: number;
}

/** When something befalls a node: after so many more places at which its process waits, or at a fault point. */
export type Where = { readonly places: number } | { readonly point: FaultPoint };

/** What befalls one node. */
export type NodeFault = { readonly node: number; readonly where: Where } & (
  | { readonly kind: 'crash'; readonly downMs: number; readonly losesPower: boolean }
  | { readonly kind: 'pause' | 'suspend' | 'store_full' | 'disk_full'; readonly lastsMs: number }
  | { readonly kind: 'store_stalls'; readonly lastsMs: number; readonly upToMs: number }
  | { readonly kind: 'acknowledgement_lost'; readonly count: number }
  | { readonly kind: 'fail_over'; readonly lacking: number }
  | { readonly kind: 'clock_jump'; readonly byMs: number }
);

/** What goes wrong. */
export type Fault =
  | NodeFault
  | { readonly kind: 'wire'; readonly endpoint: Endpoint; readonly fault: WireFault }
  | { readonly kind: 'app_refused'; readonly lastsMs: number };

export type Step = { readonly atMs: number } & (Act | Fault);

/** All that a history is made of, besides the order of what happens at the same moment: that is drawn from the seed. */
export interface Plan {
  readonly seed: number;
  readonly provider: ProviderKind;
  readonly nodes: number;
  /** Every node on a machine of its own: then nobody can see that another node's process is gone. */
  readonly separateMachines: boolean;
  readonly users: readonly string[];
  readonly policy: 'on-use' | 'always';
  readonly replay: boolean;
  /** Somebody wants to hear of everything that happens. */
  readonly hasReceiver: boolean;
  /** The workers forget all that may be forgotten, as soon as it is over. */
  readonly forgets: boolean;
  readonly accessLifetimeMs: number;
  /** When the last fault has stopped. */
  readonly faultsEndAtMs: number;
  readonly steps: readonly Step[];
}

const ACT_KINDS = [
  'use',
  'renew_now',
  'consent_again',
  'revoke',
  'remove_app',
  'end_access',
  'post',
  'post_elsewhere',
  'import',
  'schedule',
  'change_schedule',
] as const satisfies readonly Act['kind'][];

export function isAct(step: Step): step is Step & Act {
  return (ACT_KINDS as readonly string[]).includes(step.kind);
}
