import type { Logger } from 'pino';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import type { RenewalPorts } from '../renewal/ports.ts';
import { reapplySpool } from '../renewal/reapply.ts';
import { Rounds } from './rounds.ts';

const BRING_MS = 5 * SECOND_MS;
/** Whoever opens has just looked, and a command that is over by then need not make room. */
const FIRST_MS = SECOND_MS;
const TIDY_MS = MINUTE_MS;
const LOOK_AT_ALL_MS = HOUR_MS;

/** What {@link tendOwnSpool} has begun. */
export interface SpoolTending {
  /** Begins no round any more, and waits for those under way: before the spool and the store are closed. */
  stop(): Promise<void>;
}

/**
 * What a process does for its node's spool as long as it lives, whether or not a worker runs in it: the answers that wait
 * are brought to the store, or it is said that none does; there is room for the next one; what is over is removed. Nobody
 * else can do it: a spool is reached from its own machine alone.
 *
 * It keeps no process alive that has nothing else to do.
 */
export function tendOwnSpool(renewal: RenewalPorts, { log, looksAt = 'all' }: TendingOptions): SpoolTending {
  const { clock, spool } = renewal;
  const rounds = new Rounds(clock, (error, facts) => {
    log.error({ err: error, ...facts }, 'a round for the spool failed; the next one comes');
  });
  const keepsProcess = false;
  rounds.every('bringing', { everyMs: BRING_MS, firstAfterMs: FIRST_MS, keepsProcess }, async () => {
    // Room first: while the store is away the rest takes long, or fails, and that is when it is needed.
    await spool.prepare();
    await reapplySpool(renewal, { acknowledged: looksAt === 'all' ? 'fresh' : 'left' });
  });
  rounds.every('tidying', { everyMs: TIDY_MS, firstAfterMs: TIDY_MS, keepsProcess }, async () => {
    spool.tidy();
  });
  if (looksAt === 'all')
    rounds.every('looking back', { everyMs: LOOK_AT_ALL_MS, firstAfterMs: LOOK_AT_ALL_MS, keepsProcess }, async () => {
      await reapplySpool(renewal, { acknowledged: 'all' });
    });
  return rounds;
}

export interface TendingOptions {
  readonly log: Logger;
  /** `waiting`: what the store has acknowledged is left alone. Default `all`. */
  readonly looksAt?: 'all' | 'waiting' | undefined;
}
