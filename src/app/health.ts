import type { ConnectionState } from '../model/connection.ts';
import type { NoticeChannel } from '../model/notice.ts';
import type { RenewalOutcome } from '../model/outcome.ts';
import { openHomeKeys } from '../vault/key-check.ts';
import type { RingVault } from '../vault/vault.ts';
import { copiedBecause, type Copied } from './copied.ts';
import type { App } from './open.ts';
import type { Worker } from './worker.ts';

export interface Readiness {
  readonly isReady: boolean;
  readonly store: 'ok' | 'unreachable';
  readonly keys: 'ok' | 'closed';
  /** `elsewhere`: this process has none. `held`: the store is not the real one, so that nothing is renewed from it. */
  readonly worker: 'running' | 'stopped' | 'elsewhere' | 'held';
  /** What became of the store, where that holds the worker. */
  readonly heldBecause: Copied['kind'] | undefined;
  /** The earliest due connection, post or schedule. */
  readonly oldestDueAtMs: number | undefined;
}

/** Whether this process can do its work. Never throws: what does not work is the answer. */
export async function readiness(app: App, worker: Worker | undefined): Promise<Readiness> {
  const { became, ...stored } = await lookIntoStore(app);
  // As it was opened, so it works; and a store may be moved away from under it.
  const heldBecause = (app.copied ?? became)?.kind;
  const working =
    heldBecause !== undefined ? 'held' : worker === undefined ? 'elsewhere' : worker.isAlive() ? 'running' : 'stopped';
  const isReady = stored.store === 'ok' && stored.keys === 'ok' && (working === 'running' || working === 'elsewhere');
  return { isReady, worker: working, heldBecause, ...stored };
}

interface StoreLook extends Pick<Readiness, 'store' | 'keys' | 'oldestDueAtMs'> {
  readonly became: Copied | undefined;
}

async function lookIntoStore(app: App): Promise<StoreLook> {
  try {
    const home = await app.store.home.read();
    const oldestDueAtMs = await oldestDue(app);
    return {
      store: home === undefined ? 'unreachable' : 'ok',
      keys: home !== undefined && opens(app, home) ? 'ok' : 'closed',
      oldestDueAtMs,
      became: home === undefined ? undefined : copiedBecause(home, app.store.home.identity()),
    };
  } catch (error) {
    app.log.warn({ err: error }, 'the store cannot be read');
    return { store: 'unreachable', keys: 'closed', oldestDueAtMs: undefined, became: undefined };
  }
}

function opens(app: App, home: Parameters<typeof openHomeKeys>[1]): boolean {
  try {
    openHomeKeys(app.vault as RingVault, home);
    return true;
  } catch (error) {
    app.log.error({ err: error }, 'the key ring does not open this store');
    return false;
  }
}

async function oldestDue({ store }: App): Promise<number | undefined> {
  const due = await Promise.all([
    store.credentials.nextDueAtMs(),
    store.posts.nextDueAtMs(),
    store.schedules.nextDueAtMs(),
  ]);
  return due.reduce(
    (oldest, one) => (oldest === undefined || (one !== undefined && one < oldest) ? one : oldest),
    undefined,
  );
}

export interface Gauges {
  readonly connections: Readonly<Record<ConnectionState, number>>;
  /** How far the worker is behind, milliseconds. */
  readonly dueLagMs: { readonly connections: number; readonly posts: number; readonly schedules: number };
  readonly spoolWaiting: number;
  readonly spoolDamaged: number;
  readonly renewalsUnderWay: number;
  /** What the renewals of this process have ended in, by the provider's id. */
  readonly renewals: readonly RenewalCount[];
  /** How long this process keeps off a provider that is silent or asked for it. */
  readonly pausedForMs: Readonly<Record<string, number>>;
  readonly notices: {
    readonly waiting: Readonly<Record<NoticeQueue, number>>;
    /** How long the oldest has been waiting, milliseconds. */
    readonly lagMs: Readonly<Record<NoticeQueue, number>>;
  };
}

export interface RenewalCount {
  readonly provider: string;
  readonly outcome: RenewalOutcome['kind'];
  readonly count: number;
}

/** `events`: what happened and was not made into notices yet. */
export type NoticeQueue = 'events' | NoticeChannel;

/** What a monitoring system watches. */
export async function gauges({ store, spool, flights, renewal, options }: App): Promise<Gauges> {
  const nowMs = options.outside.clock.nowMs();
  const [connections, credentialsDueMs, postsDueMs, schedulesDueMs, backlog] = await Promise.all([
    store.connections.countByState(),
    store.credentials.nextDueAtMs(),
    store.posts.nextDueAtMs(),
    store.schedules.nextDueAtMs(),
    store.notices.backlog(),
  ]);
  const lag = (dueAtMs: number | undefined): number => (dueAtMs === undefined ? 0 : Math.max(0, nowMs - dueAtMs));
  return {
    connections,
    dueLagMs: { connections: lag(credentialsDueMs), posts: lag(postsDueMs), schedules: lag(schedulesDueMs) },
    spoolWaiting: spool.entries().filter((entry) => !entry.acknowledged).length,
    spoolDamaged: spool.damaged().length,
    renewalsUnderWay: flights.underWay,
    ...byProvider(renewal),
    notices: {
      waiting: {
        events: backlog.eventsWaiting,
        webhook: backlog.channels.webhook.pending,
        mail: backlog.channels.mail.pending,
      },
      lagMs: {
        events: lag(backlog.oldestEventAtMs),
        webhook: lag(backlog.channels.webhook.oldestPendingAtMs),
        mail: lag(backlog.channels.mail.oldestPendingAtMs),
      },
    },
  };
}

function byProvider({ turns, apps }: App['renewal']): Pick<Gauges, 'renewals' | 'pausedForMs'> {
  const counts = new Map<string, RenewalCount>();
  const pausedForMs: Record<string, number> = {};
  for (const { app, pausedForMs: forMs, outcomes } of turns.standing()) {
    const provider = apps.get(app)?.provider.id;
    if (provider === undefined) continue;
    pausedForMs[provider] = Math.max(pausedForMs[provider] ?? 0, forMs);
    for (const [outcome, count] of Object.entries(outcomes) as [RenewalOutcome['kind'], number][]) {
      const key = `${provider} ${outcome}`;
      counts.set(key, { provider, outcome, count: (counts.get(key)?.count ?? 0) + count });
    }
  }
  return { renewals: [...counts.values()], pausedForMs };
}
