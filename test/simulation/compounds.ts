import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import { drawPost } from './draw.ts';
import { drawWireFault, jumpsOf, type Drawing, type Timed } from './draw-faults.ts';
import type { WireFault } from './network.ts';
import type { Fault, NodeFault } from './plan.ts';

/**
 * Faults that meet: what is built to survive one fault is tested by a second one in the middle of it, aimed at the node
 * that renews (or publishes) at that moment. Chance alone would bring them together once in a thousand histories.
 */
export function drawCompound(drawing: Drawing): readonly Timed[] {
  const { chance, provider } = drawing;
  const on: Focus = { ...drawing, node: chance.between(0, drawing.nodes - 1), user: chance.pick(drawing.users) };
  if (provider === 'x' && chance.isLucky(0.6)) return publishing(on);
  const use: Timed = { afterMs: 0, kind: 'use', node: on.node, user: on.user };
  const kind = chance.weighted({
    unsettled: 5,
    held_up: 2,
    silent: 4,
    overtaken: 4,
    gone: 3,
    together: 2,
    disturbed: 1,
    clock_set: drawing.nodes > 1 ? 1 : 0,
  });
  switch (kind) {
    case 'unsettled':
      return [...unsettled(on), use];
    case 'held_up':
      return [...heldUp(on), use];
    case 'silent':
      return [...silent(on), use];
    case 'overtaken':
      return [...overtaken(on), use];
    case 'gone':
      return [...gone(on), use];
    case 'together':
      return together(on, use);
    case 'clock_set':
      return [...clockSet(on), use];
    case 'disturbed':
      return [{ afterMs: 0, kind: 'app_refused', lastsMs: chance.pick([3_000, 60_000]) }, ...gone(on), use];
  }
}

interface Focus extends Drawing {
  readonly node: number;
  readonly user: string;
}

const BEFORE = -1;

/** The answer is here, and the store does not take it: and then the disk, the process or the store is gone too. */
function unsettled({ chance, node }: Focus): readonly Timed[] {
  const at = (point: FaultPoint) => ({ afterMs: BEFORE, node, where: { point } });
  const first = chance.pick(['renewal.sent', 'renewal.answered'] as const);
  const trouble: Timed = chance.isLucky(0.5)
    ? { ...at(first), kind: 'store_full', lastsMs: chance.pick([3_000, 20_000, 120_000, 400_000, 900_000]) }
    : { ...at(first), kind: 'store_stalls', lastsMs: 20_000, upToMs: chance.pick([1_500, 6_000, 15_000]) };
  const second = chance.weighted({ crash: 3, later_crash: 3, disk: 2, promotion: 2, pause: 1, nothing: 1 });
  switch (second) {
    case 'crash': {
      const point = chance.pick(['settlement.sealed', 'spool.written', 'spool.synced', 'settlement.written'] as const);
      return [trouble, { ...at(point), ...drawCrash(chance) }];
    }
    case 'later_crash':
      return [
        trouble,
        { afterMs: chance.pick([4_000, 8_000, 30_000]), node, where: { places: 0 }, ...drawCrash(chance) },
      ];
    case 'disk': {
      const full: Timed = { ...at('renewal.answered'), kind: 'disk_full', lastsMs: chance.pick([3_000, 60_000]) };
      return [trouble, full];
    }
    case 'promotion':
      return [
        trouble,
        {
          ...at(chance.pick(['spool.acknowledged', 'spool.synced', 'settlement.committed'])),
          kind: 'fail_over',
          lacking: chance.between(1, 3),
        },
      ];
    case 'pause':
      return [trouble, { ...at('spool.synced'), kind: 'pause', lastsMs: chance.pick([10_000, 100_000]) }];
    case 'nothing':
      return [trouble];
  }
}

/** One listens for a slow answer, the machine's clock is set, and another asks. */
function clockSet(on: Focus): readonly Timed[] {
  const { chance, node, user, nodes } = on;
  const afterMs = chance.between(2_000, 20_000);
  return [
    { afterMs: BEFORE, kind: 'wire', endpoint: 'token', fault: { kind: 'answer_slow', ms: 35_000 } },
    { afterMs, kind: 'clock_jump', node, where: { places: 0 }, byMs: chance.pick(jumpsOf(on)) },
    { afterMs: afterMs + SECOND_MS, kind: 'use', node: (node + 1) % nodes, user },
  ];
}

/** All at once; and one of them looks, and is stopped for a moment before it claims. */
function together({ chance, node, nodes }: Focus, use: Timed): readonly Timed[] {
  const uses = Array.from({ length: 4 }, (_, index) => ({ ...use, node: (node + index) % nodes }));
  if (chance.isLucky(0.3)) return uses;
  const where = { places: chance.between(0, 6) };
  return [{ afterMs: BEFORE, kind: 'pause', node, where, lastsMs: chance.pick([1_000, 4_000]) }, ...uses];
}

/** The process that has the lease is stopped before it sends, for so long that others take over. */
function heldUp({ chance, node, nodes, user }: Focus): readonly Timed[] {
  const lastsMs = chance.pick([100_000, 180_000, 260_000, 300_000]);
  const where = chance.isLucky(0.7) ? { point: 'renewal.claimed' as const } : { places: chance.between(0, 12) };
  const stop: Timed = { afterMs: BEFORE, kind: chance.pick(['pause', 'suspend'] as const), node, where, lastsMs };
  const others = Array.from({ length: 3 }, () => chance.between(150 * SECOND_MS, 320 * SECOND_MS));
  return [stop, ...others.map((afterMs): Timed => ({ afterMs, kind: 'use', node: (node + 1) % nodes, user }))];
}

/** No answer comes, and to the replay neither. */
function silent({ chance, nodes, user }: Focus): readonly Timed[] {
  const losses = chance.pick([1, 2, 2, 3, 8]);
  const kinds: readonly WireFault[] = [
    { kind: 'answer_lost', isSilent: chance.isLucky(0.5) },
    { kind: 'request_lost' },
    { kind: 'request_lost' },
    { kind: 'request_slow', ms: chance.pick([110_000, 130_000, 200_000]) },
    { kind: 'gateway_gives_up', handledAfterMs: chance.pick([6_000, 40_000, 200_000]) },
    { kind: 'fails_after', status: 500 },
  ];
  const lost = Array.from({ length: losses }, (): Timed => ({
    afterMs: BEFORE,
    kind: 'wire',
    endpoint: 'token',
    fault: chance.pick(kinds),
  }));
  const status = chance.pick([429, 418]);
  const more: Timed[] = [];
  if (chance.isLucky(0.4)) {
    const error = status === 418 ? 'nobody_knows' : undefined;
    more.push({ afterMs: BEFORE, kind: 'wire', endpoint: 'token', fault: { kind: 'refused_before', status, error } });
  }
  // Where the old access token could tell, it is asked; and that question may get no answer either.
  if (chance.isLucky(0.3))
    more.push({ afterMs: BEFORE, kind: 'wire', endpoint: 'identity', fault: { kind: 'answer_lost', isSilent: false } });
  const laterMs = Array.from({ length: 3 }, () => chance.between(10 * SECOND_MS, 10 * MINUTE_MS));
  if (losses > 3) laterMs.push(5 * HOUR_MS);
  return [
    ...lost,
    ...more,
    ...laterMs.map((afterMs): Timed => ({ afterMs, kind: 'use', node: chance.between(0, nodes - 1), user })),
  ];
}

/** While the answer is on its way, somebody revokes, consents again, or asks for a renewal. */
function overtaken({ chance, nodes, user, node }: Focus): readonly Timed[] {
  if (chance.isLucky(0.35)) {
    // Its lease ends while it is stopped with the answer in its hands.
    const stop: Timed = {
      afterMs: BEFORE,
      kind: 'pause',
      node,
      where: { point: 'renewal.answered' },
      lastsMs: 300_000,
    };
    const revoke = { kind: 'revoke', node: (node + 1) % nodes, user, atProvider: chance.isLucky(0.8) } as const;
    const late: Timed = { afterMs: chance.between(252_000, 295_000), kind: 'use', node: (node + 1) % nodes, user };
    return chance.isLucky(0.5) ? [stop, late] : [stop, { afterMs: chance.between(120_000, 290_000), ...revoke }];
  }
  const slow: Fault = chance.pick([
    { kind: 'wire', endpoint: 'token', fault: { kind: 'answer_slow', ms: chance.pick([8_000, 40_000, 110_000]) } },
    { kind: 'wire', endpoint: 'token', fault: { kind: 'request_slow', ms: chance.pick([5_000, 40_000]) } },
    { kind: 'pause', node, where: { point: 'renewal.answered' }, lastsMs: chance.pick([5_000, 100_000, 260_000]) },
  ]);
  const by = { afterMs: chance.between(500, 6_000), node: chance.between(0, nodes - 1), user };
  const kind = chance.weighted({ consent_again: 3, revoke: 4, renew_now: 2, use: 2 });
  const act: Timed = kind === 'revoke' ? { ...by, kind, atProvider: chance.isLucky(0.8) } : { ...by, kind };
  const patient: Timed = { ...by, afterMs: chance.between(8 * SECOND_MS, 5 * MINUTE_MS), kind: 'use' };
  return [{ afterMs: BEFORE, ...slow }, act, patient];
}

/** The sender dies on the way, and others find its attempt. */
function gone({ chance, node, nodes, user }: Focus): readonly Timed[] {
  const point = chance.pick(['renewal.claimed', 'renewal.sent', 'renewal.sent', 'renewal.answered'] as const);
  const crash: Timed = { afterMs: BEFORE, node, where: { point }, ...drawCrash(chance) };
  const slow: WireFault = { kind: 'request_slow', ms: chance.between(3_000, 11_000) };
  const fault = chance.isLucky(0.5) ? slow : drawWireFault(chance);
  const wire: Timed[] = chance.isLucky(0.5) ? [{ afterMs: BEFORE, kind: 'wire', endpoint: 'token', fault }] : [];
  const later = Array.from({ length: 2 }, () => chance.between(2 * SECOND_MS, 5 * MINUTE_MS));
  return [
    ...wire,
    crash,
    ...later.map((afterMs): Timed => ({ afterMs, kind: 'use', node: chance.between(0, nodes - 1), user })),
  ];
}

function drawCrash(chance: Drawing['chance']): Omit<Extract<NodeFault, { kind: 'crash' }>, 'node' | 'where'> {
  return { kind: 'crash', downMs: chance.pick([100, 5_000, 60_000, 200_000]), losesPower: chance.isLucky(0.3) };
}

/** A post goes out, and its answer does not come back; or its sender dies, or is stopped. */
function publishing(on: Focus): readonly Timed[] {
  const { chance, node } = on;
  const post: Timed = { afterMs: 0, ...drawPost(on, { node, user: on.user }) };
  const greeting: Timed = { ...post, afterMs: -MINUTE_MS, inMs: 0, resends: false };
  const before = chance.isLucky(0.4) ? [greeting] : [];
  const kind = chance.weighted({ silent: 5, gone: 3, held_up: 2, both: 2 });
  const lost: Timed = { afterMs: BEFORE, kind: 'wire', endpoint: 'post', fault: drawPostFault(chance) };
  const point = chance.pick([
    'publishing.claimed',
    'publishing.sent',
    'publishing.answered',
    'publishing.committed',
  ] as const);
  const crash: Timed = { afterMs: BEFORE, node, where: { point }, ...drawCrash(chance) };
  switch (kind) {
    case 'silent':
      return [...before, lost, post];
    case 'gone':
      return [...before, crash, post];
    case 'both':
      return [...before, lost, crash, post];
    case 'held_up': {
      const lastsMs = chance.pick([40_000, 70_000, 120_000]);
      return [
        ...before,
        { afterMs: BEFORE, kind: 'pause', node, where: { point: 'publishing.claimed' }, lastsMs },
        post,
      ];
    }
  }
}

function drawPostFault(chance: Drawing['chance']): WireFault {
  return chance.pick<WireFault>([
    { kind: 'answer_lost', isSilent: chance.isLucky(0.5) },
    { kind: 'request_lost' },
    { kind: 'fails_after', status: 500 },
    { kind: 'refused_before', status: 503, error: undefined },
    { kind: 'answer_slow', ms: chance.pick([35_000, 100_000]) },
    { kind: 'request_slow', ms: chance.pick([35_000, 70_000]) },
    { kind: 'gateway_gives_up', handledAfterMs: chance.pick([3_000, 20_000]) },
  ]);
}
