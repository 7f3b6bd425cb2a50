import type { ConnectPorts } from '../../src/connect/ports.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { FaultPoint, FaultPoints } from '../../src/model/fault-points.ts';
import type { HistoryStore } from '../../src/model/history-store.ts';
import type { NodeId, ProviderAppId } from '../../src/model/ids.ts';
import type { Fingerprinter, Vault } from '../../src/model/vault.ts';
import { Courier } from '../../src/notify/courier.ts';
import type { NoticePorts } from '../../src/notify/ports.ts';
import { addressRules } from '../../src/notify/webhook/addresses.ts';
import { collect } from '../../src/posts/collect.ts';
import type { SchedulePorts } from '../../src/posts/schedules/ports.ts';
import { NETWORKS } from '../../src/posts/networks/all.ts';
import type { DraftPorts } from '../../src/posts/drafts.ts';
import { Nonces } from '../../src/protocol/nonces.ts';
import type { ProviderApp } from '../../src/providers/provider-app.ts';
import { SigningKeys } from '../../src/protocol/signing-keys.ts';
import { Flights } from '../../src/renewal/flights.ts';
import { Turns } from '../../src/renewal/turns.ts';
import type { RenewalPorts, RenewalTiming } from '../../src/renewal/ports.ts';
import { openSpool, type DirectorySpool } from '../../src/store/spool.ts';
import { Tokens } from '../../src/app/access.ts';
import { SimulatedDisk } from '../store/simulated-disk.ts';
import type { Chance } from './chance.ts';
import { composerOf } from './composer-model.ts';
import type { SimulatedStore, StoreTrouble } from './engine.ts';
import { Life, type Machine } from './life.ts';
import type { Network } from './network.ts';
import type { Scheduler } from './scheduler.ts';

export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly store: SimulatedStore;
  readonly network: Network;
  readonly apps: ReadonlyMap<ProviderAppId, ProviderApp>;
  readonly vault: Vault;
  readonly fingerprinter: Fingerprinter;
  readonly chance: Chance;
  readonly timing: RenewalTiming;
  readonly watch: NodeWatch;
  /** Whether there is anybody to tell of what happens. */
  readonly tellsOthers: boolean;
  /** Whether its worker forgets what is over. */
  readonly forgets: boolean;
}

/** What the history hears of a node. */
export interface NodeWatch {
  readonly reached: (life: Life, point: FaultPoint) => void;
  readonly called: (life: Life, port: string, method: string, result: unknown, args: readonly unknown[]) => void;
  readonly refused: (life: Life) => void;
  readonly acknowledgementLost: (life: Life) => void;
  readonly met: (life: Life, what: string) => void;
  readonly stumbled: (life: Life, error: unknown) => void;
}

/** What dies with a process. */
export interface Running {
  readonly life: Life;
  readonly renewal: RenewalPorts;
  readonly connect: ConnectPorts;
  readonly posts: DraftPorts;
  readonly schedules: SchedulePorts;
  readonly notices: NoticePorts;
  /** Absent where nobody wants to hear of anything. */
  readonly courier: Courier | undefined;
  /** Absent where nothing is forgotten. */
  readonly history: HistoryStore | undefined;
  readonly flights: Flights;
  readonly tokens: Tokens;
}

const ADDRESSES = addressRules([]);

/** A history has few connections: what takes a crowd elsewhere takes two of them here. */
const FEW = { atOnce: 2, aheadAtOnce: 1, silentConnections: 2 };

/** One installation: a data directory with its spool, and the process that runs there at the moment. */
export class SimulatedNode {
  readonly name: string;
  readonly machine: Machine;
  readonly trouble: StoreTrouble = { isFull: false, acknowledgementsToLose: 0, stallMs: 0 };
  disk = new SimulatedDisk();
  /** Something may wait in the spool. */
  hasSpooled = false;
  /** When it last spooled something. */
  spooledAtMs = Number.NEGATIVE_INFINITY;
  #running: Running | undefined;
  #starts = 0;
  readonly #around: Surroundings;

  constructor(name: string, machine: Machine, surroundings: Surroundings) {
    this.name = name;
    this.machine = machine;
    this.#around = surroundings;
    this.#running = this.#run();
  }

  get now(): Running {
    if (this.#running === undefined) throw new TypeError(`${this.name} was never started.`);
    return this.#running;
  }

  get isAlive(): boolean {
    return this.#running?.life.isDead === false;
  }

  /** A new process in the same data directory; the old one dies if it has not. */
  restart(): void {
    this.now.life.die();
    this.#running = this.#run();
  }

  /** What was not synced is there or not. */
  losePower(): void {
    this.disk = this.disk.cutPower(() => this.#around.chance.isLucky(0.5));
  }

  /** The spool as a bystander finds it, whatever has become of the process. */
  spoolOf(): DirectorySpool {
    return this.#openSpool('bystander', { reach: () => undefined }, this.now.life.clock);
  }

  #run(): Running {
    this.#starts += 1;
    const { scheduler, store, network, apps, vault, fingerprinter, chance, timing, watch, tellsOthers } = this.#around;
    const life: Life = new Life(`${this.name}.${this.#starts}`, this.machine, scheduler, (point) => {
      if (point === 'spool.written') {
        this.hasSpooled = true;
        this.spooledAtMs = scheduler.nowMs;
      }
      watch.reached(life, point);
    });
    const { clock } = life;
    const stores = store.storesOf({
      ...{ life, trouble: this.trouble, settling: { clock, random: chance, faults: life } },
      watch: {
        refused: () => watch.refused(life),
        acknowledgementLost: () => watch.acknowledgementLost(life),
        met: (what) => watch.met(life, what),
      },
    });
    const within = <T extends object>(port: string, implementation: T): T =>
      life.within(
        implementation,
        () => (this.trouble.stallMs > 0 ? chance.between(1, this.trouble.stallMs) : 0),
        (method, result, args) => watch.called(life, port, method, result, args),
      );
    const shared = {
      credentials: within('credentials', stores.credentials),
      connections: within('connections', stores.connections),
      apps,
      vault: life.withinAtOnce(vault),
      fingerprinter,
      http: network.clientOf(life),
      nonces: new Nonces(),
      clock,
      random: chance,
      faults: life,
    };
    const renewal: RenewalPorts = {
      ...shared,
      home: within('home', stores.home),
      spool: life.withinAtOnce(this.#openSpool(`${this.name}-${this.machine.boot}-${life.pid}`, life, clock)),
      processes: {
        self: {
          nodeId: `nod_${this.name}` as NodeId,
          machine: this.machine.identity,
          pid: life.pid,
          started: String(life.pid),
        },
        isGone: ({ machine, pid }) => this.machine.isGone(machine, pid),
      },
      timing,
      turns: new Turns(shared, FEW),
    };
    const flights = new Flights(renewal);
    const { changes } = stores;
    const tokens = new Tokens({
      ...{ flights, fingerprinter, clock, changes, connectUrl: () => undefined },
      nameOf: (id) => Promise.resolve(id),
    });
    const posts: DraftPorts = {
      ...{ posts: within('posts', stores.posts), connections: shared.connections, tokens },
      ...{ networks: NETWORKS, http: shared.http, clock, random: chance, faults: life },
      processes: renewal.processes,
      background: (work) => {
        work.catch((error: unknown) => watch.stumbled(life, error));
      },
    };
    const connect: ConnectPorts = {
      ...shared,
      idTokens: new SigningKeys(shared),
      consents: within('consents', stores.consents),
    };
    const schedules: SchedulePorts = {
      ...{ schedules: within('schedules', stores.schedules), connections: shared.connections },
      ...{ networks: NETWORKS, composer: composerOf(life, chance), clock, random: chance, faults: life },
      ...{ collect: (connection, measure) => collect(connection, measure, posts), background: posts.background },
    };
    const notices: NoticePorts = {
      ...{ notices: within('notices', stores.notices), connections: shared.connections },
      ...{ posts: posts.posts, home: renewal.home, vault: shared.vault, http: shared.http, clock, random: chance },
      ...{ faults: life, addresses: ADDRESSES, mail: undefined, publicUrl: 'https://kippu.example' },
    };
    const courier = tellsOthers ? new Courier(notices, (error) => watch.stumbled(life, error)) : undefined;
    const history = this.#around.forgets ? within('history', stores.history) : undefined;
    return { life, renewal, connect, posts, schedules, notices, courier, history, flights, tokens };
  }

  #openSpool(processId: string, faults: FaultPoints, clock: Clock): DirectorySpool {
    return openSpool({
      directory: '/data/spool',
      processId,
      faults,
      clock,
      random: this.#around.chance,
      // Of an earlier boot every process is gone; of this one the machine knows.
      isProcessGone: (id) => {
        const [, boot, pid] = id.split('-');
        return Number(boot) !== this.machine.boot || this.machine.isGone(this.machine.identity, Number(pid));
      },
      files: this.disk.files,
    });
  }
}
