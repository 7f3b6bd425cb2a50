import type { CallerTally } from './load/callers.ts';
import type { ReadTally } from './load/readers.ts';
import { balancePosts, type PostBooks } from './books/posts.ts';
import { killedFamilies, livingAfterRevocation } from './books/grants.ts';
import { balanceRenewals, countBy, instant, type Flaw } from './books/renewals.ts';
import { badTokens, falseRefusals } from './books/tokens.ts';
import { distribution, measureWindows, type Distribution, type Windows } from './books/window.ts';
import type { Evidence } from './evidence.ts';
import type { FaultTally } from './faults.ts';
import type { Spools } from './gather.ts';
import type { Played } from './played.ts';
import { storyOf } from './story.ts';

/** What is known of a run besides the books. */
export interface Circumstances {
  readonly played: Played;
  readonly store: string;
  readonly seed: string;
  readonly faults: FaultTally;
  readonly reads: ReadTally;
  readonly calls: CallerTally;
  readonly spools: Spools;
  readonly spooled: number;
  readonly reapplied: number;
  readonly refusedWrites: number;
  readonly disk: string;
  readonly damages: readonly string[];
  readonly consentsAgain: number;
  readonly releases: number;
  readonly badExits: readonly string[];
}

export interface Report {
  readonly provider: string;
  readonly store: string;
  readonly seed: string;
  readonly isGood: boolean;
  /** What must be zero, by what it is. */
  readonly violations: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly renewals: number;
  readonly renewalsStored: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly faultsMissed: number;
  readonly answersStruck: Readonly<Record<string, number>>;
  readonly disk: string;
  readonly refusedWrites: number;
  readonly throughTheSpool: number;
  /** Answers that came to the store from a spool. */
  readonly carriedOver: number;
  /** Nodes that were given up with answers in their spools, and what became of those. */
  readonly handedOver: { readonly nodes: number; readonly answers: number; readonly stored: number };
  /** Milliseconds in which the database, or a node's way to it, was away. */
  readonly awayMs: number;
  readonly tornSpoolFiles: number;
  readonly lostByCause: Readonly<Record<string, number>>;
  readonly connectionsEnded: Readonly<Record<string, number>>;
  /** At the provider, by what ended them. */
  readonly grantsEnded: Readonly<Record<string, number>>;
  readonly revoked: number;
  readonly consentsAgain: number;
  readonly appReleasedByOperator: number;
  readonly stillWaitingForReplay: number;
  readonly presentedTwice: number;
  /** Absent: none are made at this provider. */
  readonly posts: Pick<PostBooks, 'byStatus' | 'failedFor' | 'undecided' | 'searched' | 'waiting'> | undefined;
  readonly reads: {
    readonly served: number;
    readonly refused: Readonly<Record<string, number>>;
    readonly refusedThoughLiving: number;
    readonly unreached: number;
    readonly wait: Distribution | undefined;
  };
  readonly commands: Readonly<Record<string, number>>;
  readonly window: Windows;
  /** Each violation, with all that is known of its connection, in one order. */
  readonly stories: readonly string[];
}

const STORIES_MAX = 8;

/** Both sides' books, side by side. */
export function balance(evidence: Evidence, circumstances: Circumstances): Report {
  const { played, faults, reads, calls, spools } = circumstances;
  const renewals = balanceRenewals(evidence);
  const posts = played.takesPosts ? balancePosts(evidence) : undefined;
  const refusals = falseRefusals(reads.refusedThoughLiving, renewals.entries, evidence);
  const flaws: Readonly<Record<string, readonly Flaw[]>> = {
    'connections lost for another reason': renewals.lost
      .filter(({ cause }) => cause === 'unexplained')
      .map(({ handle, atMs }) => ({ handle, what: `the answer of ${instant(atMs)} was never stored` })),
    'false reauth_required': renewals.falseEnds,
    'renewals that the provider knows nothing of': renewals.invented,
    'refresh tokens presented twice without a reason': renewals.presentedTwiceUnexplained,
    'connections unsettled': renewals.unsettled,
    'families killed though their last token was here': killedFamilies(renewals.entries, evidence),
    'revoked connections with a living token': livingAfterRevocation(renewals.entries, evidence),
    ...(posts === undefined ? {} : { 'posts doubled': posts.doubled, 'posts missing': posts.missing }),
    'tokens handed out that were not good': badTokens(renewals.entries, evidence),
    'readers refused though a token lived': refusals.map(({ handle, atMs, answer }) => ({
      handle,
      what: `${answer} at ${instant(atMs)}`,
    })),
    'answers left in a spool': Array.from({ length: spools.waiting }, () => ({ handle: '', what: 'waits in a spool' })),
    'nodes given up, and not named by kippu doctor': faults.handovers.flatMap(({ node, unnamed }) =>
      unnamed.map((what) => ({ handle: '', what: `${node}: ${what}` })),
    ),
    'database damaged': circumstances.damages.map((what) => ({ handle: '', what })),
    'servers that did not end in good order': circumstances.badExits.map((what) => ({ handle: '', what })),
    'commands that hung': Array.from({ length: calls.hung }, () => ({ handle: '', what: 'a command did not end' })),
  };
  const handed = faults.handovers.flatMap(({ attempts }) => attempts);
  const renewed = new Set(evidence.attempts.filter(({ outcome }) => outcome === 'renewed').map(({ id }) => id));
  const violations = Object.fromEntries(Object.entries(flaws).map(([what, found]) => [what, found.length]));
  const all = Object.entries(flaws).flatMap(([kind, found]) => found.map((flaw) => ({ kind, flaw })));
  return {
    provider: played.data.id,
    store: circumstances.store,
    seed: circumstances.seed,
    isGood: all.length === 0,
    violations,
    connections: evidence.connections.length,
    renewals: renewals.entries.length,
    renewalsStored: renewals.entries.filter(({ isStored }) => isStored).length,
    faults: faults.done,
    faultsMissed: faults.missed,
    answersStruck: evidence.provider.struck,
    disk: circumstances.disk,
    refusedWrites: circumstances.refusedWrites,
    throughTheSpool: circumstances.spooled,
    carriedOver: circumstances.reapplied,
    handedOver: {
      nodes: faults.handovers.length,
      answers: handed.length,
      stored: handed.filter((id) => renewed.has(id)).length,
    },
    awayMs: evidence.outages.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
    tornSpoolFiles: spools.damaged,
    lostByCause: countBy(renewals.lost.map(({ cause }) => cause)),
    connectionsEnded: renewals.ended,
    grantsEnded: countBy(evidence.provider.ends.map(({ why }) => why)),
    revoked: evidence.events.filter(({ type }) => type === 'connection.revoked').length,
    consentsAgain: circumstances.consentsAgain,
    appReleasedByOperator: circumstances.releases,
    stillWaitingForReplay: renewals.waiting.length,
    presentedTwice: renewals.presentedTwice,
    posts,
    reads: {
      served: reads.served.length,
      refused: reads.refused,
      refusedThoughLiving: refusals.length,
      unreached: reads.unreached,
      wait: distribution(reads.waits),
    },
    commands: calls.exits,
    window: measureWindows(renewals.entries, evidence),
    stories: all
      .slice(0, STORIES_MAX)
      .map(({ kind, flaw }) => `${kind}: ${flaw.what}\n${storyOf(flaw.handle, evidence)}`),
  };
}
