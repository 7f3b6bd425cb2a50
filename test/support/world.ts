import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../src/model/connection.ts';
import type { KippuEvent } from '../../src/model/event.ts';
import { KippuError } from '../../src/model/errors.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import { providerApp, type ProviderApp, type ProviderAppOptions } from '../../src/providers/provider-app.ts';
import { xData } from '../../src/providers/data/x.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { DEFAULT_TIMING, type RenewalTiming } from '../../src/renewal/ports.ts';
import { openHomeKeys, createHomeKeys } from '../../src/vault/key-check.ts';
import { createFingerprinter } from '../../src/vault/fingerprints.ts';
import { generateKey, parseKeyRing } from '../../src/vault/key-ring.ts';
import { RingVault } from '../../src/vault/vault.ts';
import { Browser, type ConnectWish } from './browser.ts';
import { Device, type DeviceWish } from './device.ts';
import { customerHost } from './made-up-providers.ts';
import { Machine } from './processes.ts';
import { ProviderSide } from './provider-side.ts';
import { seededRandom } from './seeded-random.ts';
import { msOf, type Span } from './span.ts';
import { settle, VirtualClock } from './virtual-clock.ts';
import { WorldNode, type NodeSurroundings } from './world-node.ts';

export interface WorldOptions {
  /** Processes, each with its own data directory and its own connection to the database. */
  readonly nodes?: number;
  readonly provider?: 'x' | Provider;
  /** What the app is configured with besides. */
  readonly app?: Partial<ProviderAppOptions>;
  /** Every node on a machine of its own: then nobody can see that another node's process is gone. */
  readonly separateMachines?: boolean;
  readonly replay?: boolean;
  /** `false`: the app is configured without one. */
  readonly clientSecret?: false;
  readonly timing?: Partial<RenewalTiming>;
  readonly seed?: string;
  /** `false`: nothing happens without somebody asking. */
  readonly workers?: boolean;
}

/** How often a worker looks at what has no due time: the spool, pending consents. */
const CHORES_MS = 5_000;
const ROUND_MS = 500;

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const world = new World(options);
  await world.open();
  return world;
}

/** A provider, a database and some processes of ours, under one clock. */
export class World {
  readonly clock = new VirtualClock();
  readonly provider: ProviderSide;
  readonly app: ProviderApp;
  readonly #options: WorldOptions;
  readonly #directory = mkdtempSync(join(tmpdir(), 'kippu-world-'));
  readonly #surroundings: NodeSurroundings;
  readonly #nodes: WorldNode[] = [];

  constructor(options: WorldOptions) {
    this.#options = options;
    const seed = options.seed ?? 'world';
    const provider = options.provider === undefined || options.provider === 'x' ? xData : options.provider;
    this.app = providerApp(provider, {
      clientId: 'a-client',
      clientSecret: options.clientSecret === false ? undefined : new Secret('a-client-secret'),
      replay: options.replay ?? true,
      host: customerHost(provider),
      ...options.app,
    });
    this.provider = new ProviderSide({ provider, clock: this.clock, random: seededRandom(`${seed}:provider`) });
    const random = seededRandom(`${seed}:keys`);
    const vault = new RingVault(parseKeyRing(generateKey(random, 'test'), 'the test'), random);
    const homeKeys = createHomeKeys(vault, random);
    this.#surroundings = {
      clock: this.clock,
      database: join(this.#directory, 'kippu.db'),
      seed,
      apps: new Map([[this.app.id, this.app]]),
      vault,
      fingerprinter: createFingerprinter(openHomeKeys(vault, homeKeys)),
      home: { storeId: 'a-store', identity: undefined, stamp: undefined, ...homeKeys },
      provider: this.provider,
      timing: { ...DEFAULT_TIMING, ...options.timing },
    };
  }

  async open(): Promise<void> {
    const shared = new Machine('machine');
    for (let index = 0; index < (this.#options.nodes ?? 1); index += 1) {
      const machine = this.#options.separateMachines === true ? new Machine(`machine-${index}`) : shared;
      const node = new WorldNode(`node-${index}`, machine, this.#surroundings);
      await node.start();
      this.#nodes.push(node);
    }
  }

  node(index = 0): WorldNode {
    const node = this.#nodes[index];
    if (node === undefined) throw new TypeError(`There is no node ${index}.`);
    return node;
  }

  /** The first node that lives: through it, the test looks at the store. */
  get #living(): WorldNode {
    return this.#nodes.find((node) => node.isAlive) ?? this.node(0);
  }

  browser(): Browser {
    return new Browser(this.node(0), this.provider, this.app);
  }

  /** Consents as this user, and gives the connection. */
  async connect(user: string, wish: ConnectWish = {}): Promise<ConnectionId> {
    const finished = await this.browser().consent(user, wish);
    if (finished.kind !== 'connected') throw new Error(`${user} could not connect: ${JSON.stringify(finished)}`);
    return finished.connection.id;
  }

  /** Asks for a device code; its user has not typed it yet. */
  device(wish: DeviceWish = {}): Promise<Device> {
    return Device.begin(wish, { node: wish.node ?? this.node(0), provider: this.provider, app: this.app });
  }

  async connection(id: ConnectionId): Promise<Connection> {
    const connection = await this.#living.look.connections.find(id);
    if (connection === undefined) throw new Error(`There is no connection ${id}.`);
    return connection;
  }

  async state(id: ConnectionId): Promise<string> {
    const { state, stateReason } = await this.connection(id);
    return stateReason === undefined ? state : `${state}: ${stateReason}`;
  }

  async events(type?: KippuEvent['type']): Promise<readonly KippuEvent[]> {
    const events = await this.#living.look.events.list({ limit: 10_000 });
    return events.filter((event) => type === undefined || event.type === type);
  }

  /** Time passes, and the workers do what is due. */
  async advance(span: Span | number): Promise<void> {
    const endMs = this.clock.nowMs() + (typeof span === 'number' ? span : msOf(span));
    for (;;) {
      const isBusy = await this.#work();
      const leftMs = endMs - this.clock.nowMs();
      if (leftMs <= 0) return;
      const untilDueMs = (this.#nextDueAtMs() ?? Number.POSITIVE_INFINITY) - this.clock.nowMs();
      await this.clock.advance(
        Math.min(
          leftMs,
          Math.max(untilDueMs, ROUND_MS),
          isBusy ? ROUND_MS : Number.POSITIVE_INFINITY,
          this.#hasChores() ? CHORES_MS : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }

  /** Time passes, and nobody does anything but wait. */
  async wait(span: Span | number): Promise<void> {
    await this.clock.advance(typeof span === 'number' ? span : msOf(span));
  }

  /** Lets time pass until the promise is settled; five minutes at most. */
  async until<T>(promise: Promise<T>, limit: Span = '5m'): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    settled.catch(() => undefined);
    const endMs = this.clock.nowMs() + msOf(limit);
    for (await settle(); !isSettled; await this.clock.advance(this.clock.untilNextMs() ?? 50)) {
      if (this.clock.nowMs() > endMs) throw new Error(`Nothing came of it within ${limit}.`);
    }
    return settled;
  }

  /** What workers stumbled over. */
  get problems(): readonly unknown[] {
    return this.#nodes.flatMap((node) => node.problems);
  }

  async close(): Promise<void> {
    for (const node of this.#nodes) await node.close();
    rmSync(this.#directory, { recursive: true });
    const [problem] = this.problems;
    if (problem !== undefined) throw new Error('A worker stumbled.', { cause: problem });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #work(): Promise<boolean> {
    if (this.#options.workers === false) return false;
    for (const node of this.#nodes) node.startWork();
    await settle();
    return this.#nodes.some((node) => node.isWorking);
  }

  #nextDueAtMs(): number | undefined {
    const row = this.#living.database.get(
      `select min(due) as due from (
        select min(due_at_ms) as due from credentials where due_at_ms is not null
        union all select min(ask_after_ms) from consents where state = 'waiting')`,
    );
    return typeof row?.['due'] === 'number' ? row['due'] : undefined;
  }

  #hasChores(): boolean {
    const pending = this.#living.database.get(
      `select 1 as waits from consents where state = 'pending' and redeem_hash is null`,
    );
    return (
      pending !== undefined ||
      this.#nodes.some((node) => node.isAlive && node.spool.entries().some((entry) => !entry.acknowledged))
    );
  }
}

export function isCode(code: KippuError['code']): (error: unknown) => boolean {
  return (error) => error instanceof KippuError && error.code === code;
}
