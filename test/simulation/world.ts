import { newId, type ConnectionId } from '../../src/model/ids.ts';
import type { Home } from '../../src/model/home-store.ts';
import { Secret } from '../../src/model/secret.ts';
import { attachTokens } from '../../src/connect/attach.ts';
import { providerApp, type ProviderApp } from '../../src/providers/provider-app.ts';
import { DEFAULT_TIMING } from '../../src/renewal/ports.ts';
import { newWebhookSecret, sealSecrets } from '../../src/notify/webhook/secrets.ts';
import { createFingerprinter } from '../../src/vault/fingerprints.ts';
import { createHomeKeys, openHomeKeys } from '../../src/vault/key-check.ts';
import { generateKey, parseKeyRing } from '../../src/vault/key-ring.ts';
import { RingVault } from '../../src/vault/vault.ts';
import { Chance } from './chance.ts';
import type { SimulatedStore } from './engine.ts';
import { Journal } from './journal.ts';
import { EPOCH_MS, Machine } from './life.ts';
import { Network, type Endpoint, type WireFault } from './network.ts';
import { Observer } from './observer.ts';
import { Oracle } from './oracle.ts';
import type { Plan } from './plan.ts';
import { ProviderModel } from './provider-model.ts';
import { RECEIVER_URL, ReceiverModel } from './receiver-model.ts';
import type { Scheduler } from './scheduler.ts';
import { SimulatedNode } from './simulated-node.ts';
import { Agenda, Worker } from './worker.ts';

/** The same in every history: making keys anew would tell nothing and costs time. */
const keys = new Chance(1, 'keys');
const ring = parseKeyRing(generateKey(keys, 'sim'), 'the simulation');
const homeKeys = createHomeKeys(new RingVault(ring, keys), keys);
const fingerprinter = createFingerprinter(openHomeKeys(new RingVault(ring, keys), homeKeys));
const home: Home = { storeId: 'a-store', identity: undefined, stamp: undefined, ...homeKeys };

/** A provider, a store, a network and some nodes, under one scheduler. */
export class World {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly journal: Journal;
  readonly store: SimulatedStore;
  readonly provider: ProviderModel;
  readonly receiver = new ReceiverModel();
  readonly network: Network;
  readonly oracle: Oracle;
  readonly app: ProviderApp;
  readonly nodes: SimulatedNode[] = [];
  readonly agenda: Agenda;
  readonly workers: Worker[] = [];
  readonly connections = new Map<string, ConnectionId>();
  /** How often each text may stand on the network. */
  readonly wanted = new Map<string, number>();
  /** Faults that wait for the next request that they can befall. */
  readonly wireFaults: { readonly endpoint: Endpoint; readonly fault: WireFault }[] = [];
  /** Until when the provider refuses our app. */
  appRefusedUntilMs = 0;

  constructor(
    plan: Plan,
    {
      isTelling,
      scheduler,
      store,
    }: { readonly isTelling: boolean; readonly scheduler: Scheduler; readonly store: SimulatedStore },
  ) {
    this.plan = plan;
    this.scheduler = scheduler;
    this.store = store;
    this.chance = new Chance(plan.seed, 'world');
    this.journal = new Journal(this.scheduler, isTelling);
    this.provider = new ProviderModel(plan.provider, plan.accessLifetimeMs);
    this.agenda = new Agenda(this.store, {
      waitsForSpools: this.provider.provider.refresh.reuseKillsFamily,
      tellsOthers: plan.hasReceiver,
    });
    this.app = providerApp(this.provider.provider, {
      clientId: 'a-client',
      clientSecret: new Secret('canary-secret-1'),
      replay: plan.replay,
    });
    this.oracle = new Oracle({
      ...{ plan, scheduler: this.scheduler, store: this.store, provider: this.provider, fingerprinter },
      receiver: this.receiver,
      ...{ exchanges: () => this.network.exchanges, nodes: () => this.nodes, journal: this.journal },
      wanted: (text) => this.wanted.get(text) ?? 0,
    });
    const observer = new Observer(this);
    this.network = new Network(this.scheduler, this, new Chance(plan.seed, 'network'), observer.network);
    const shared = new Machine('machine');
    for (let index = 0; index < plan.nodes; index += 1) {
      const machine = plan.separateMachines ? new Machine(`machine-${index}`) : shared;
      const node = new SimulatedNode(`n${index}`, machine, {
        ...{ scheduler: this.scheduler, store: this.store, network: this.network },
        ...{ apps: new Map([[this.app.id, this.app]]), vault: new RingVault(ring, this.chance), fingerprinter },
        ...{ chance: this.chance, timing: DEFAULT_TIMING, watch: observer.node, tellsOthers: plan.hasReceiver },
        forgets: plan.forgets,
      });
      this.nodes.push(node);
      this.workers.push(new Worker(node, this, observer.node.stumbled));
    }
    this.store.onChange = (what) => {
      this.oracle.changed(what);
      for (const worker of this.workers) worker.arrange();
    };
  }

  /** The store is founded and every user is connected, before anything goes wrong. */
  async open(): Promise<void> {
    const settling = { clock: this.node(0).now.life.clock, random: this.chance, faults: { reach: () => undefined } };
    const trouble = { isFull: false, acknowledgementsToLose: 0, stallMs: 0 };
    const watch = { refused: () => undefined, acknowledgementLost: () => undefined, met: () => undefined };
    const { home: homeStore } = this.store.storesOf({ life: 'bystander', settling, trouble, watch });
    await homeStore.found(home);
    const { id, provider, issuer, clientId } = this.app;
    await homeStore.registerApps([{ id, provider: provider.id, issuer, clientId, secretHash: '' }]);
    if (this.plan.hasReceiver) await this.#inTime(() => this.#addReceiver());
    for (const user of this.plan.users) {
      await this.#inTime(() => this.#connect(user));
    }
    for (const worker of this.workers) worker.begin();
  }

  node(index: number): SimulatedNode {
    const node = this.nodes[index % this.nodes.length];
    if (node === undefined) throw new TypeError('There is no node.');
    return node;
  }

  connectionOf(user: string): ConnectionId {
    return this.connections.get(user) ?? newId('con', this.chance);
  }

  restart(node: SimulatedNode): void {
    node.restart();
    this.journal.tell(node.now.life.name, () => 'starts');
    this.workers[this.nodes.indexOf(node)]?.begin();
  }

  async close(): Promise<void> {
    for (const node of this.nodes) node.now.life.die();
    await this.store.close();
  }

  async #inTime(work: () => Promise<void>): Promise<void> {
    const working = work();
    await this.scheduler.run(this.scheduler.nowMs + 1_000);
    await working;
  }

  /** Somebody who wants to hear of everything, from before the first of it. */
  async #addReceiver(): Promise<void> {
    const { notices } = this.node(0).now;
    const id = newId('whk', this.chance);
    await notices.notices.createWebhook({
      ...{ id, url: RECEIVER_URL, eventTypes: undefined, connections: undefined },
      ...sealSecrets([newWebhookSecret(this.chance)], id, notices),
      ...{ overlapEndsAtMs: undefined, createdAtMs: notices.clock.nowMs(), disabled: undefined },
    });
  }

  async #connect(user: string): Promise<void> {
    const { refresh, access, accessLifetimeMs } = this.provider.grant(user, this.scheduler.nowMs);
    const { connect } = this.node(0).now;
    const nowMs = EPOCH_MS + this.scheduler.nowMs;
    const attached = await attachTokens(
      {
        app: this.app,
        tokens: {
          ...{ accessToken: new Secret(access), tokenType: 'bearer' },
          refreshToken: refresh.text === access ? undefined : new Secret(refresh.text),
          ...{ accessExpiresAtMs: nowMs + accessLifetimeMs, refreshExpiresAtMs: undefined },
          ...{ idToken: undefined, scopes: undefined, raw: new Secret('') },
        },
        ...{ owner: '', name: user, connectionId: undefined, consentId: undefined, subject: user, handle: user },
        ...{ askedScopes: this.provider.provider.scopes.presets.default, grantedAtMs: nowMs, imported: false },
      },
      connect,
    );
    if (attached.kind !== 'attached') throw new Error(`${user} could not be connected: ${attached.kind}`);
    this.connections.set(user, attached.connection.id);
    this.journal.name(attached.connection.id, user);
    if (this.plan.policy === 'always')
      await connect.connections.update(attached.connection.id, { policy: 'always', dueAtMs: nowMs });
  }
}
