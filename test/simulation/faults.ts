import { assertNever } from '../../src/model/assert-never.ts';
import type { Fault, NodeFault } from './plan.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/** Makes a fault ready: it befalls the next request that it can befall, or the node's process when that gets there. */
export function arm(world: World, fault: Fault): void {
  switch (fault.kind) {
    case 'wire':
      world.wireFaults.push(fault);
      return;
    case 'app_refused':
      note(world, fault.kind, 'provider', () => `refuses our app for ${fault.lastsMs} ms`);
      world.appRefusedUntilMs = world.scheduler.nowMs + fault.lastsMs;
      return;
    default: {
      const node = world.node(fault.node);
      node.now.life.traps.push({
        ...fault.where,
        spring: () => {
          befall(world, node, fault);
        },
      });
    }
  }
}

function befall(world: World, node: SimulatedNode, fault: NodeFault): void {
  const { trouble, machine, disk, name } = node;
  world.oracle.notices.troubled(world.scheduler.nowMs + troubleMsOf(fault));
  const ends = (ms: number, undo: () => void): void => void world.scheduler.after(ms, undefined, undo);
  switch (fault.kind) {
    case 'crash':
      crash(world, node, fault);
      return;
    case 'pause':
      pause(world, node, fault.lastsMs);
      return;
    case 'suspend':
      suspend(world, node, fault.lastsMs);
      return;
    case 'store_full':
      note(world, fault.kind, 'store', () => `takes no more writes from ${name} for ${fault.lastsMs} ms`);
      trouble.isFull = true;
      ends(fault.lastsMs, () => (trouble.isFull = false));
      return;
    case 'store_stalls':
      note(
        world,
        fault.kind,
        'store',
        () => `is slow for ${name}, up to ${fault.upToMs} ms a call, for ${fault.lastsMs} ms`,
      );
      trouble.stallMs = fault.upToMs;
      ends(fault.lastsMs, () => (trouble.stallMs = 0));
      return;
    case 'acknowledgement_lost':
      trouble.acknowledgementsToLose = fault.count;
      return;
    case 'fail_over':
      // Not in the middle of a transaction.
      world.scheduler.after(1, undefined, () => {
        failOver(world, fault.lacking);
      });
      return;
    case 'disk_full':
      note(world, fault.kind, name, () => `has a full disk for ${fault.lastsMs} ms`);
      disk.capacityBytes = disk.usedBytes;
      node.now.life.heldUpUntilMs = world.scheduler.nowMs + fault.lastsMs;
      ends(fault.lastsMs, () => (disk.capacityBytes = Number.POSITIVE_INFINITY));
      return;
    case 'clock_jump':
      note(
        world,
        `${fault.kind} ${fault.byMs > 0 ? 'forward' : 'back'}`,
        machine.name,
        () => `sets its wall clock by ${fault.byMs} ms`,
      );
      machine.wallAheadMs += fault.byMs;
      return;
    default:
      assertNever(fault);
  }
}

/** So long a lane may be left to a process that does not come back to it: longer than one is taken. */
const LANE_MS = 2 * 60_000;

function troubleMsOf(fault: NodeFault): number {
  if (fault.kind === 'clock_jump') return Number.POSITIVE_INFINITY;
  return LANE_MS + ('lastsMs' in fault ? fault.lastsMs : 0);
}

function failOver(world: World, lackingMax: number): void {
  const lacking = world.store.failOver(lackingMax);
  if (lacking > 0)
    note(world, 'fail_over', 'store', () => `is gone; a standby that lacks the last ${lacking} commits takes over`);
}

/** The faults stop: everything that is down comes back, and nothing that waits befalls anybody any more. */
export function calm(world: World): void {
  world.journal.tell('history', () => 'the faults stop');
  world.oracle.notices.calmed(world.scheduler.nowMs + LANE_MS);
  world.wireFaults.length = 0;
  world.appRefusedUntilMs = 0;
  for (const node of world.nodes) {
    node.now.life.traps.length = 0;
    node.trouble.isFull = false;
    node.trouble.acknowledgementsToLose = 0;
    node.trouble.stallMs = 0;
    node.disk.capacityBytes = Number.POSITIVE_INFINITY;
    node.machine.wallAheadMs = 0;
    if (node.now.life.isPaused) node.now.life.isPaused = false;
    if (!node.isAlive) world.restart(node);
  }
}

function crash(world: World, node: SimulatedNode, { downMs, losesPower }: Extract<NodeFault, { kind: 'crash' }>): void {
  const { life } = node.now;
  note(world, losesPower ? 'power cut' : 'crash', life.name, () => (losesPower ? 'loses power' : 'dies'));
  if (losesPower) {
    for (const other of world.nodes) if (other.machine === node.machine) down(world, other, downMs, true);
    node.machine.reboot();
  } else {
    down(world, node, downMs);
  }
}

function down(world: World, node: SimulatedNode, downMs: number, losesPower = false): void {
  if (!node.isAlive) return;
  world.oracle.heldBy(node.now.life);
  node.now.life.die();
  if (losesPower) node.losePower();
  const { life } = node.now;
  world.scheduler.after(downMs, undefined, () => {
    if (node.now.life === life) world.restart(node);
  });
}

function pause(world: World, node: SimulatedNode, lastsMs: number): void {
  const { life } = node.now;
  if (life.isPaused) return;
  life.isPaused = true;
  life.heldUpUntilMs = world.scheduler.nowMs + lastsMs;
  note(world, 'pause', life.name, () => `is stopped for ${lastsMs} ms`);
  world.scheduler.after(lastsMs, undefined, () => {
    life.isPaused = false;
    world.journal.tell(life.name, () => 'goes on');
  });
}

/** The whole machine sleeps: its wall clock goes on, its monotonic clock and its timers do not. */
function suspend(world: World, { machine }: SimulatedNode, lastsMs: number): void {
  note(world, 'suspend', machine.name, () => `sleeps for ${lastsMs} ms`);
  machine.sleptMs += lastsMs;
  for (const node of world.nodes) {
    if (node.machine !== machine || !node.isAlive) continue;
    world.scheduler.postpone(node.now.life, lastsMs);
    pause(world, node, lastsMs);
  }
}

function note(world: World, kind: string, who: string, what: () => string): void {
  world.journal.meet('fault', kind);
  world.journal.tell(who, what);
}
