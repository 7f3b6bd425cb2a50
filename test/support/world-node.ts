import type { ConnectionId, NodeId } from '../../src/model/ids.ts';
import type { Fingerprinter, Vault } from '../../src/model/vault.ts';
import type { Home } from '../../src/model/home-store.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import type { ProviderAppId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import { Nonces } from '../../src/protocol/nonces.ts';
import type { ProviderApp } from '../../src/providers/provider-app.ts';
import { SigningKeys } from '../../src/protocol/signing-keys.ts';
import type { ConnectPorts } from '../../src/connect/ports.ts';
import { pollDevices } from '../../src/connect/device.ts';
import { settlePendings } from '../../src/connect/pending.ts';
import { Flights, type Patience } from '../../src/renewal/flights.ts';
import type { Need, Renewal } from '../../src/renewal/need.ts';
import type { RenewalPorts, RenewalTiming } from '../../src/renewal/ports.ts';
import { reapplySpool } from '../../src/renewal/reapply.ts';
import { revoke, type Revocation } from '../../src/renewal/revoke.ts';
import { tendDue } from '../../src/renewal/tend.ts';
import { Turns } from '../../src/renewal/turns.ts';
import { MemorySpool } from '../../src/store/memory/spool.ts';
import { sqliteConnectionStore } from '../../src/store/sqlite/connection-queries.ts';
import { sqliteConsentStore } from '../../src/store/sqlite/consent-queries.ts';
import { sqliteCredentialStore } from '../../src/store/sqlite/credential-queries.ts';
import { sqliteEventStore } from '../../src/store/sqlite/event-queries.ts';
import { sqliteHistoryStore } from '../../src/store/sqlite/history-queries.ts';
import { sqliteHomeStore } from '../../src/store/sqlite/home-queries.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { sqliteNoticeStore } from '../../src/store/sqlite/notice-queries.ts';
import type { Road } from '../../src/sim/http-client.ts';
import { NodeDatabase } from './node-database.ts';
import { Crash, ProcessLife } from './process-life.ts';
import type { Machine } from './processes.ts';
import type { ProviderSide } from './provider-side.ts';
import { seededRandom } from './seeded-random.ts';
import type { Span } from './span.ts';
import { msOf } from './span.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface NodeSurroundings {
  readonly clock: VirtualClock;
  readonly database: string;
  readonly seed: string;
  readonly apps: Map<ProviderAppId, ProviderApp>;
  readonly vault: Vault;
  readonly fingerprinter: Fingerprinter;
  readonly home: Home;
  readonly provider: ProviderSide;
  readonly timing: RenewalTiming;
}

export interface TokenWish extends Patience {
  readonly minTtl?: Span;
  /** An access token that the provider is said to have refused. */
  readonly refused?: string;
}

/** What dies with a process. */
interface Running {
  readonly life: ProcessLife;
  readonly database: NodeDatabase;
  readonly ports: RenewalPorts;
  readonly connect: ConnectPorts;
  readonly flights: Flights;
}

/** One installation: a data directory with its spool, and the process that runs there at the moment. */
export class WorldNode {
  readonly name: string;
  readonly problems: unknown[] = [];
  /** The way to the provider from here. */
  road: Road = {};
  readonly spool: MemorySpool;
  readonly #machine: Machine;
  readonly #surroundings: NodeSurroundings;
  #spoolTrouble: 'fails' | undefined;
  #running: Running | undefined;
  #starts = 0;
  #working = 0;

  constructor(name: string, machine: Machine, surroundings: NodeSurroundings) {
    this.name = name;
    this.#machine = machine;
    this.#surroundings = surroundings;
    this.spool = new MemorySpool(surroundings.clock);
  }

  async start(): Promise<void> {
    this.#running = await this.#run();
  }

  /** The process dies at once. */
  crash(): void {
    this.#now.life.kill();
  }

  /** The process dies when it gets there. */
  crashAt(point: FaultPoint): void {
    this.#now.life.crashAt(point);
  }

  /** A new process in the same data directory; the old one dies if it has not. It does what every start does. */
  async restart(): Promise<void> {
    const { life, database } = this.#now;
    life.kill();
    await database.close();
    await this.start();
    await reapplySpool(this.#now.ports, { acknowledged: 'all' });
  }

  pause(): void {
    this.#now.life.pause();
  }

  resume(): void {
    this.#now.life.resume();
  }

  failStore(): void {
    this.database.failWrites();
  }

  stallStore(): void {
    this.database.stallWrites();
  }

  healStore(): void {
    this.database.heal();
  }

  failSpool(): void {
    this.#spoolTrouble = 'fails';
  }

  healSpool(): void {
    this.#spoolTrouble = undefined;
  }

  get isAlive(): boolean {
    return this.#running !== undefined && !this.#running.life.isDead;
  }

  get life(): ProcessLife {
    return this.#now.life;
  }

  get ports(): RenewalPorts {
    return this.#now.ports;
  }

  get connect(): ConnectPorts {
    return this.#now.connect;
  }

  get flights(): Flights {
    return this.#now.flights;
  }

  get database(): NodeDatabase {
    return this.#now.database;
  }

  /** The stores as a bystander sees them, whatever has become of the process. */
  get look() {
    const { database } = this.#now;
    const settling = {
      clock: this.#surroundings.clock,
      random: seededRandom('bystander'),
      faults: { reach: () => undefined },
    };
    return {
      credentials: sqliteCredentialStore(database, settling),
      connections: sqliteConnectionStore(database, settling),
      consents: sqliteConsentStore(database, settling.clock),
      events: sqliteEventStore(database),
      notices: sqliteNoticeStore(database, settling),
      history: sqliteHistoryStore(database, settling),
      home: sqliteHomeStore(database, this.#surroundings.database, settling),
    };
  }

  getToken(id: ConnectionId, { minTtl, refused, ...patience }: TokenWish = {}): Promise<Renewal> {
    const need: Need =
      refused === undefined
        ? { kind: 'use', minTtlMs: minTtl === undefined ? undefined : msOf(minTtl) }
        : { kind: 'refused', accessFingerprint: this.#surroundings.fingerprinter.fingerprint(new Secret(refused)) };
    return this.flights.ask(id, need, patience);
  }

  /** The access token's text; an error for anything else. */
  async accessToken(id: ConnectionId, wish: TokenWish = {}): Promise<string> {
    return textOf(await this.getToken(id, wish));
  }

  /** Because somebody asked for a renewal. */
  async renewNow(id: ConnectionId): Promise<Renewal> {
    const credential = await this.look.credentials.read(id);
    return this.flights.ask(id, { kind: 'now', afterVersion: credential?.version ?? 0 });
  }

  revoke(id: ConnectionId, revocation: Revocation = { atProvider: true }): Promise<void> {
    return revoke(id, revocation, this.ports);
  }

  /** One round of the worker, which nobody waits for. */
  startWork(): void {
    if (!this.isAlive) return;
    const { ports, connect, flights } = this.#now;
    const guard = async (work: Promise<unknown>): Promise<void> => {
      this.#working += 1;
      await work
        .catch((error: unknown) => {
          if (!(error instanceof Crash)) this.problems.push(error);
        })
        .finally(() => {
          this.#working -= 1;
        });
    };
    void guard(tendDue(flights, ports, (_id, error) => void (error instanceof Crash || this.problems.push(error))));
    void guard(reapplySpool(ports));
    void guard(pollDevices(connect, (_id, error) => void (error instanceof Crash || this.problems.push(error))));
    void guard(settlePendings(connect, (_id, error) => void (error instanceof Crash || this.problems.push(error))));
  }

  get isWorking(): boolean {
    return this.isAlive && this.#working > 0;
  }

  async close(): Promise<void> {
    this.#running?.life.kill();
    await this.#running?.database.close();
  }

  get #now(): Running {
    if (this.#running === undefined) throw new TypeError(`${this.name} was never started.`);
    return this.#running;
  }

  async #run(): Promise<Running> {
    this.#starts += 1;
    this.#working = 0;
    const { clock, database: path, seed, apps, vault, fingerprinter, home, provider, timing } = this.#surroundings;
    const life = new ProcessLife();
    const database = new NodeDatabase(path, clock, life);
    await migrate(database);
    const random = seededRandom(`${seed}:${this.name}:${this.#starts}`);
    const settling = { clock, random, faults: life };
    const homeStore = sqliteHomeStore(database, path, settling);
    await homeStore.found(home);
    await homeStore.registerApps([...apps.values()].map(registration));
    const shared = {
      credentials: life.within(sqliteCredentialStore(database, settling)),
      connections: life.within(sqliteConnectionStore(database, settling)),
      apps,
      vault: life.within(vault),
      fingerprinter,
      http: provider.http(this.name, life, () => this.road),
      nonces: new Nonces(),
      clock: life.within(clock),
      random,
      faults: life,
    };
    const processes = this.#machine.start(this.name as NodeId, life);
    const ports: RenewalPorts = {
      ...shared,
      home: life.within(homeStore),
      spool: life.within(this.#spool(life)),
      processes,
      timing,
      turns: new Turns(shared),
    };
    return {
      life,
      database,
      ports,
      connect: {
        ...shared,
        idTokens: new SigningKeys(shared),
        consents: life.within(sqliteConsentStore(database, clock)),
      },
      flights: new Flights(ports),
    };
  }

  /** The spool with the fault points of the one on disk, and a disk that can fail. */
  #spool(life: ProcessLife): MemorySpool {
    const { spool } = this;
    const keep: MemorySpool['keep'] = (settlement, options) => {
      if (this.#spoolTrouble === 'fails') throw new Error('the disk of the spool is gone');
      life.reach('spool.written');
      const entry = spool.keep(settlement, options);
      life.reach('spool.synced');
      return entry;
    };
    const acknowledge: MemorySpool['acknowledge'] = (entry) => {
      if (this.#spoolTrouble === 'fails') throw new Error('the disk of the spool is gone');
      spool.acknowledge(entry);
      life.reach('spool.acknowledged');
    };
    return new Proxy(spool, {
      get: (target, name) => {
        if (name === 'keep') return keep;
        if (name === 'acknowledge') return acknowledge;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }
}

export function textOf(renewal: Renewal): string {
  if (renewal.kind !== 'served') throw new Error(`No token was served: ${JSON.stringify(renewal)}`);
  return renewal.tokens.accessToken.reveal();
}

function registration({ id, provider, issuer, clientId, clientSecret }: ProviderApp) {
  return { id, provider: provider.id, issuer, clientId, secretHash: String(clientSecret?.reveal().length ?? 0) };
}
