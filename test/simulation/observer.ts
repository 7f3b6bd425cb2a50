import { KippuError } from '../../src/model/errors.ts';
import { Crash, type Life } from './life.ts';
import { broughtBy, type Exchange, type NetworkWatch } from './network.ts';
import type { NodeWatch } from './simulated-node.ts';
import type { World } from './world.ts';

/** Stands at every port: tells the oracle and the journal what passes. */
export class Observer {
  readonly network: NetworkWatch;
  readonly node: NodeWatch;

  constructor(world: World) {
    this.network = networkWatch(world);
    this.node = nodeWatch(world);
  }
}

function networkWatch(world: World): NetworkWatch {
  const { journal } = world;
  return {
    faultFor: (endpoint, life) => {
      if (endpoint === 'token' && world.scheduler.nowMs < world.appRefusedUntilMs) {
        return { kind: 'refused_before', status: 401, error: 'invalid_client' };
      }
      const at = world.wireFaults.findIndex((one) => one.endpoint === endpoint);
      const [found] = at < 0 ? [] : world.wireFaults.splice(at, 1);
      if (found === undefined) return undefined;
      journal.meet('fault', `${endpoint}: ${found.fault.kind}`);
      journal.tell(life.name, () => `meets a fault on its way to ${endpoint}: ${JSON.stringify(found.fault)}`);
      return found.fault;
    },
    sent: (exchange) => {
      world.oracle.sent(exchange);
      journal.tell(exchange.life.name, () => `sends request ${exchange.number}: ${nameOf(exchange)}`);
    },
    handled: (exchange) => {
      world.oracle.handled(exchange);
      journal.tell('provider', () => `request ${exchange.number}: ${handlingOf(exchange)}`);
    },
    ended: (exchange) => {
      world.oracle.ended(exchange);
      const brought = broughtBy(exchange);
      const what =
        exchange.delivered?.kind === 'answered' ? String(exchange.delivered.status) : exchange.delivered?.kind;
      journal.meet('answer', `${exchange.endpoint}: ${what ?? ''}`);
      journal.tell(
        exchange.life.name,
        () =>
          `hears of request ${exchange.number}: ${what ?? ''}${brought === undefined ? '' : `, with ${brought.text}`}`,
      );
    },
    withdrawn: (life, endpoint) => {
      journal.meet('withdrawn', endpoint);
      journal.tell(life.name, () => `withdraws a request to ${endpoint}: it was held up for too long`);
    },
  };
}

function nodeWatch(world: World): NodeWatch {
  const { journal } = world;
  return {
    reached: (life, point) => {
      world.oracle.reached(point);
      // The store says nothing of what a node keeps to itself.
      if (point === 'spool.synced') for (const worker of world.workers) worker.arrange();
      journal.tell(life.name, () => `reaches ${point}`);
    },
    called: (life, port, method, result, args) => {
      if (method === 'markUncertain' && result === true) world.oracle.doubted(String(args[0]));
      // An id that somebody gave is no way in which things went.
      const told = method === 'lastKnownRemoteId' ? undefined : tellingResult(result);
      if (told === undefined) return;
      journal.meet(`${port}.${method}`, told);
      journal.tell(life.name, () => `${port}.${method}: ${told}`);
    },
    refused: (life) => {
      journal.meet('store', 'refused a write');
      journal.tell('store', () => `refuses a write of ${life.name}`);
    },
    acknowledgementLost: (life) => {
      journal.meet('store', 'lost an acknowledgement');
      journal.tell('store', () => `has committed for ${life.name}, and the acknowledgement is lost`);
    },
    met: (life, what) => {
      journal.meet('transaction', what);
      journal.tell('store', () => `a transaction of ${life.name} ${what}`);
    },
    stumbled: (life, error) => stumble(world, life, error),
  };
}

function stumble(world: World, life: Life, error: unknown): void {
  if (life.isDead) return;
  world.journal.tell(life.name, () => `stumbles: ${String(error)}`);
  if (!isExplained(error))
    world.oracle.accuse(
      'nothing thrown',
      `${life.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
}

function nameOf({ endpoint, presented }: Exchange): string {
  return presented === undefined ? endpoint : `${endpoint}, with ${presented}`;
}

function handlingOf({ handled, isAnswerLost }: Exchange): string {
  if (handled === undefined) return 'never arrives';
  const issued = handled.issued === undefined ? '' : `, and issues ${handled.issued.text}`;
  return `answers ${handled.status}${issued}${isAnswerLost ? '; the answer is lost' : ''}`;
}

/** A word for what a port gave, where the word says which way things went. */
function tellingResult(result: unknown): string | undefined {
  if (typeof result === 'string') return result;
  if (result === undefined || result === true || result === false) return String(result);
  if (typeof result === 'object' && result !== null && 'kind' in result && typeof result.kind === 'string')
    return result.kind;
  return typeof result === 'object' && result !== null && 'attemptId' in result && 'fence' in result
    ? 'claimed'
    : undefined;
}

/** What no fault explains is a defect. */
export function isExplained(error: unknown): boolean {
  return error instanceof Crash || (error instanceof KippuError && error.code !== 'unreadable');
}
