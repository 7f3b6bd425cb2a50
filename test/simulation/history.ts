import { HOUR_MS, MINUTE_MS } from '../../src/model/clock.ts';
import { editSchedule } from '../../src/posts/schedules/change.ts';
import { perform } from './acts.ts';
import { Chance } from './chance.ts';
import type { Engine } from './engine.ts';
import { arm, calm } from './faults.ts';
import { EPOCH_MS } from './life.ts';
import type { Entry } from './journal.ts';
import type { Violation } from './invariants.ts';
import { isExplained } from './observer.ts';
import { isAct, type Plan } from './plan.ts';
import { runningSchedules } from './schedule-acts.ts';
import { Scheduler } from './scheduler.ts';
import { sqliteEngine } from './sqlite-engine.ts';
import { World } from './world.ts';

/** However long replays are put off: after this, whatever is still open stays open. */
const SETTLES_WITHIN_MS = 40 * HOUR_MS;
/** What was acknowledged is brought to the store again every hour, in case it is another store now. */
const NOTICED_WITHIN_MS = 65 * MINUTE_MS;
/** What is asked for once everything has settled is answered within this. */
const LAST_USES_MS = 10 * MINUTE_MS;
const LAST_TRIES_MAX = 3;
const PAUSED_WITHIN_MS = 2 * MINUTE_MS;
/** A run comes every hour at least. */
const RUNS_WITHIN_MS = 3 * HOUR_MS;
/** What a standby lacks at most. */
const BEHIND_MAX = 4;

const SQLITE = await sqliteEngine();

export interface History {
  readonly plan: Plan;
  readonly violation: Violation | undefined;
  readonly entries: readonly Entry[];
  readonly digest: string;
  readonly met: ReadonlyMap<string, number>;
  readonly steps: number;
  readonly lastedMs: number;
}

/** Runs one history to its end: the faults, the calm after them, and the last look. */
export async function runHistory(
  plan: Plan,
  { isTelling = false, engine = SQLITE }: { readonly isTelling?: boolean; readonly engine?: Engine | undefined } = {},
): Promise<History> {
  const scheduler = new Scheduler(new Chance(plan.seed, 'order'));
  const standbyBehindMax = plan.steps.some(({ kind }) => kind === 'fail_over') ? BEHIND_MAX : 0;
  const store = await engine.open({ scheduler, standbyBehindMax });
  const world = new World(plan, { isTelling, scheduler, store });
  const { oracle, journal } = world;
  const isBroken = (): boolean => oracle.violation !== undefined;
  try {
    await world.open();
    for (const step of plan.steps) {
      scheduler.after(Math.max(step.atMs - scheduler.nowMs, 1), undefined, () => {
        if (isAct(step)) perform(world, step);
        else arm(world, step);
      });
    }
    await scheduler.run(plan.faultsEndAtMs, isBroken);
    calm(world);
    await stopSchedules(world);
    await scheduler.run(scheduler.nowMs + SETTLES_WITHIN_MS, () => isBroken() || isSettled(world));
    if (!isBroken()) await lastLook(world);
    if (!isBroken()) oracle.atTheEnd();
    return {
      ...{ plan, violation: oracle.violation, entries: journal.entries, digest: journal.digest(), met: journal.met },
      ...{ steps: scheduler.steps, lastedMs: scheduler.nowMs },
    };
  } finally {
    await world.close();
  }
}

/** Every schedule goes on by itself for a while; then a person pauses it, so that there is an end. */
async function stopSchedules(world: World): Promise<void> {
  const { scheduler, oracle } = world;
  if (runningSchedules(world).length === 0 || oracle.violation !== undefined) return;
  const calmAtMs = scheduler.nowMs;
  let asOf = -1;
  const haveGoneOn = (): boolean => {
    if (asOf === world.store.changes) return false;
    asOf = world.store.changes;
    return oracle.schedules.haveGoneOn(calmAtMs);
  };
  await scheduler.run(calmAtMs + RUNS_WITHIN_MS, () => oracle.violation !== undefined || haveGoneOn());
  if (!oracle.schedules.haveGoneOn(calmAtMs))
    oracle.accuse(
      'schedules go on',
      `${RUNS_WITHIN_MS / HOUR_MS} hours after the faults stopped, one has dealt with nothing since`,
    );
  while (
    runningSchedules(world).length > 0 &&
    oracle.violation === undefined &&
    scheduler.nowMs < calmAtMs + 2 * RUNS_WITHIN_MS
  ) {
    void pauseAll(world);
    await scheduler.run(scheduler.nowMs + PAUSED_WITHIN_MS);
  }
}

async function pauseAll(world: World): Promise<void> {
  try {
    for (const id of runningSchedules(world)) await editSchedule(id, { isPaused: true }, world.node(0).now.schedules);
  } catch (error) {
    if (!isExplained(error)) throw error;
  }
}

/** Everybody asks once more, and everybody who can be served is. */
async function lastLook(world: World): Promise<void> {
  const open = whatIsOpen(world);
  if (open !== undefined) {
    world.oracle.accuse('everything settles', open);
    return;
  }
  for (const [index, user] of world.plan.users.entries()) {
    const outcome = await lastUse(world, index, user);
    if (!ENDS.has(outcome)) world.oracle.accuse('everything settles', `the last use for ${user} brought ${outcome}`);
  }
  // What the last look has brought about may be under way at this very moment.
  await world.scheduler.run(world.scheduler.nowMs + LAST_USES_MS, () => isSettled(world));
  const still = whatIsOpen(world);
  if (still !== undefined) world.oracle.accuse('everything settles', `after the last uses: ${still}`);
}

/** A back-off that an earlier failure has left may still stand in the way, for as long as it lasts. */
async function lastUse(world: World, node: number, user: string): Promise<string> {
  let outcome = 'nothing at all';
  for (let tries = 0; tries < LAST_TRIES_MAX && !ENDS.has(outcome); tries += 1) {
    perform(world, { kind: 'use', node, user }, (heard) => {
      outcome = heard;
    });
    await world.scheduler.run(world.scheduler.nowMs + LAST_USES_MS, () => world.oracle.violation !== undefined);
  }
  return outcome;
}

/** What a last use may bring. A token that the provider has refused when it was new is the user's to explain. */
const ENDS: ReadonlySet<string> = new Set([
  'served',
  'served after a refusal',
  'reauth_required',
  'revoked',
  'refused',
]);

let checkedChanges = -1;
let checkedWorld: World | undefined;
let wasSettled = false;

/** Asked after each step, and worked out only when something was committed. */
function isSettled(world: World): boolean {
  if (checkedWorld === world && checkedChanges === world.store.changes && world.oracle.promotedAtMs === undefined)
    return wasSettled;
  checkedWorld = world;
  checkedChanges = world.store.changes;
  wasSettled = whatIsOpen(world) === undefined;
  return wasSettled;
}

function whatIsOpen(world: World): string | undefined {
  const row = world.store.get(world.plan.hasReceiver ? OPEN_OR_UNTOLD_SQL : OPEN_SQL, {
    nowMs: EPOCH_MS + world.scheduler.nowMs,
  });
  if (row !== undefined) return `${String(row['id'])} is ${String(row['state'])}`;
  const { promotedAtMs } = world.oracle;
  if (promotedAtMs !== undefined && world.scheduler.nowMs < promotedAtMs + NOTICED_WITHIN_MS)
    return 'a standby has just been promoted';
  const node = world.nodes.find(({ hasSpooled }) => hasSpooled);
  return node === undefined ? undefined : `something waits in the spool of ${node.name}`;
}

/** A lease that is over holds nobody up; whoever died with it left it standing. */
const OPEN_SQL = `
  select n.id, n.state from connections n join credentials c on c.connection_id = n.id
    where n.state = 'uncertain' or c.lease_expires_at_ms > :nowMs or (c.attempt_id is not null and n.state = 'active')
  union all select id, status from posts where status in ('publishing', 'scheduled') or (status = 'unknown' and due_at_ms is not null)
  union all select id, state from consents where state = 'pending'`;

const OPEN_OR_UNTOLD_SQL = `${OPEN_SQL}
  union all select id, 'a notice that waits' from deliveries where due_at_ms is not null
  union all select id, 'not planned for anybody' from events
    where sequence is null or sequence > coalesce((select sequence from notice_cursors where channel = 'webhook'), 0)`;
