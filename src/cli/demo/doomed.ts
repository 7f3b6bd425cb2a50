import { writeSync } from 'node:fs';
import process from 'node:process';
import { findConnection } from '../../app/find-connection.ts';
import type { Outside } from '../../app/open.ts';
import type { FaultPoint, FaultPoints } from '../../model/fault-points.ts';
import type { Cli } from '../cli.ts';
import { readStdin } from '../input.ts';
import { clockStartingAt } from './demo-clock.ts';
import { demoConfig, type DemoPlace } from './demo-config.ts';
import { realIngredients } from './ingredients.ts';

/** What the process that is to be killed is told, on its stdin. */
export interface DoomedOrder extends DemoPlace {
  readonly startMs: number;
  readonly connection: string;
}

/** What it says when the answer is in the spool: then it waits for its end. */
export const SPOOLED = 'spooled';

/** If nobody kills it after all, it ends by itself. */
const WAIT_MS = 15_000;

/**
 * A Kippu of its own, that is asked for a token and renews. The database's disk is full when it wants to commit, so the
 * answer goes to the spool; and there, before anything else can happen, it stands still to be killed.
 */
export async function renewAndDie(cli: Cli): Promise<void> {
  const order = JSON.parse(await readStdin(cli)) as DoomedOrder;
  const world = await cli.outsideWorld();
  const outside: Outside = { ...world, clock: clockStartingAt(order.startMs), faults: diskFullThenStandStill };
  const { open } = await realIngredients(outside);
  const app = await open(await demoConfig(order), outside);
  const { id } = await findConnection(order.connection, app);
  await app.tokens.get(id);
}

const diskFullThenStandStill: FaultPoints = {
  reach(point: FaultPoint): void {
    if (point === 'settlement.written') throw new Error('the disk of the database is full');
    if (point !== 'spool.synced') return;
    writeSync(process.stdout.fd, `${SPOOLED}\n`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
    process.exit(1);
  },
};
