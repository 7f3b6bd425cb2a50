import { MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import { FAULT_POINTS } from '../../src/model/fault-points.ts';
import type { Chance } from './chance.ts';
import type { Endpoint, WireFault } from './network.ts';
import type { Act, Fault, Where } from './plan.ts';
import type { ProviderKind } from './provider-model.ts';

/** What a history has been given so far. */
export interface Drawing {
  readonly chance: Chance;
  readonly provider: ProviderKind;
  readonly users: readonly string[];
  readonly nodes: number;
  readonly separateMachines: boolean;
  readonly accessLifetimeMs: number;
  posts: number;
}

/** Something that happens so long after the episode's beginning. */
export type Timed = { readonly afterMs: number } & (Act | Fault);

const FAULT_WEIGHTS: Readonly<Record<Fault['kind'], number>> = {
  wire: 12,
  app_refused: 0.7,
  crash: 5,
  pause: 3,
  suspend: 1,
  store_full: 3,
  store_stalls: 3,
  acknowledgement_lost: 2,
  fail_over: 1.5,
  disk_full: 1.5,
  clock_jump: 1,
};

/** Anything that may go wrong, anywhere. */
export function drawFault(drawing: Drawing): Fault {
  const { chance } = drawing;
  const kind = chance.weighted(FAULT_WEIGHTS);
  const node = chance.between(0, drawing.nodes - 1);
  const where = drawWhere(drawing);
  switch (kind) {
    case 'wire':
      return { kind, endpoint: drawEndpoint(drawing), fault: drawWireFault(chance) };
    case 'app_refused':
      return { kind, lastsMs: chance.between(SECOND_MS, 5 * MINUTE_MS) };
    case 'crash':
      return { kind, node, where, downMs: chance.pick([100, 5_000, 60_000, 200_000]), losesPower: chance.isLucky(0.3) };
    case 'pause':
      return { kind, node, where, lastsMs: chance.pick([2_000, 31_000, 100_000, 180_000, 300_000]) };
    case 'suspend':
      return { kind, node, where, lastsMs: chance.pick([5_000, 60_000, 180_000, 300_000]) };
    case 'store_full':
    case 'disk_full':
      return { kind, node, where, lastsMs: chance.pick([3_000, 20_000, 120_000]) };
    case 'store_stalls':
      return { kind, node, where, lastsMs: chance.pick([3_000, 20_000]), upToMs: chance.pick([1_500, 6_000, 15_000]) };
    case 'acknowledgement_lost':
      return { kind, node, where, count: chance.between(1, 3) };
    case 'fail_over':
      return { kind, node, where, lacking: chance.between(1, 4) };
    case 'clock_jump':
      return { kind, node, where, byMs: chance.pick(jumpsOf(drawing)) };
  }
}

/** By how much one machine's clock may be wrong while another's is right: patience has a margin for that much. */
const SMALL_JUMPS_MS = [-90_000, -20_000, 20_000, 90_000];
const ANY_JUMPS_MS = [...SMALL_JUMPS_MS, 300_000, 3_600_000];

/**
 * On one machine no jump is too large for a renewal: its processes share a clock that never jumps. A post's times are
 * compared with the network's.
 */
export function jumpsOf({ provider, separateMachines }: Drawing): readonly number[] {
  return separateMachines || provider === 'x' ? SMALL_JUMPS_MS : ANY_JUMPS_MS;
}

/** Most faults matter in the middle of a renewal, or of a post; what is aimed at the rest is drawn with it. */
const AIMS = FAULT_POINTS.filter((point) => !/^(?:consent|notice|schedule)\./.test(point));

function drawWhere({ chance, provider }: Drawing): Where {
  if (chance.isLucky(0.4)) return { places: chance.between(0, chance.pick([10, 40, 120])) };
  const points = provider === 'x' ? AIMS : AIMS.filter((point) => !point.startsWith('publishing.'));
  return { point: chance.isLucky(0.1) ? chance.pick(FAULT_POINTS) : chance.pick(points) };
}

function drawEndpoint({ chance, provider }: Drawing): Endpoint {
  return provider === 'x'
    ? chance.weighted({ token: 5, post: 6, timeline: 2, identity: 0.5, revocation: 0.5, notice: 0 })
    : chance.weighted({ token: 9, identity: 1, revocation: 1, post: 0, timeline: 0, notice: 0 });
}

export function drawWireFault(chance: Chance): WireFault {
  const kind = chance.weighted<WireFault['kind']>({
    ...{ connect_fails: 1, connect_slow: 1, request_lost: 2, request_slow: 1.5, answer_lost: 4, answer_slow: 3 },
    ...{ answer_cut: 1.5, refused_before: 3, fails_after: 1.5, gateway_gives_up: 1 },
  });
  switch (kind) {
    case 'connect_fails':
      return { kind, cause: chance.pick(['dns', 'connect', 'tls'] as const) };
    case 'connect_slow':
      return { kind, ms: chance.pick([4_000, 9_500, 11_000]) };
    case 'request_lost':
      return { kind };
    case 'request_slow':
      return { kind, ms: chance.pick([5_000, 40_000, 110_000, 200_000]) };
    case 'answer_lost':
      return { kind, isSilent: chance.isLucky(0.5) };
    case 'answer_slow':
      return { kind, ms: chance.pick([2_000, 35_000, 100_000, 119_000, 150_000]) };
    case 'answer_cut':
      return { kind, share: chance.unit() };
    case 'refused_before': {
      const [status, error] = chance.pick([
        [500, undefined],
        [503, undefined],
        [503, 'temporarily_unavailable'],
        [429, undefined],
        [418, 'nobody_knows'],
      ] as const);
      return { kind, status, error };
    }
    case 'fails_after':
      return { kind, status: chance.pick([500, 502, 408]) };
    case 'gateway_gives_up':
      return { kind, handledAfterMs: chance.pick([6_000, 40_000, 100_000, 200_000]) };
  }
}
