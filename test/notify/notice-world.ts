import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventType } from '../../src/model/event.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import { newId, type ConnectionId, type PostId, type WebhookId } from '../../src/model/ids.ts';
import type { Delivery, Webhook } from '../../src/model/notice.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Store } from '../../src/model/store.ts';
import { Courier } from '../../src/notify/courier.ts';
import type { MailPorts, NoticePorts } from '../../src/notify/ports.ts';
import { addressRules } from '../../src/notify/webhook/addresses.ts';
import { newWebhookSecret, sealSecrets } from '../../src/notify/webhook/secrets.ts';
import { SqliteDatabase } from '../../src/store/sqlite/database.ts';
import { insertEvent } from '../../src/store/sqlite/event-queries.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { parseKeyRing } from '../../src/vault/key-ring.ts';
import { RingVault } from '../../src/vault/vault.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { msOf, type Span } from '../support/span.ts';
import { APP, HOME } from '../support/store-samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { Receivers } from './receivers.ts';

export const PUBLIC_URL = 'https://kippu.example';

export interface HappeningFacts {
  readonly connectionId?: ConnectionId | undefined;
  readonly postId?: PostId | undefined;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A store with what happens in it, receivers that a test scripts, and processes that bring the one to the other. */
export class NoticeWorld implements AsyncDisposable {
  readonly clock: VirtualClock;
  readonly random = seededRandom('notices');
  readonly receivers: Receivers;
  readonly vault = new RingVault(
    parseKeyRing(new Secret(`k1:${randomBytes(32).toString('base64')}`), 'a test'),
    this.random,
  );
  readonly store: Store;
  readonly #directory: string;
  readonly #outbox: SqliteDatabase;
  readonly #processes: NoticeProcess[] = [];
  readonly #mail: MailPorts | undefined;
  #happenings = 0;

  private constructor(directory: string, store: Store, mail: MailPorts | undefined, clock: VirtualClock) {
    this.#directory = directory;
    this.store = store;
    this.#mail = mail;
    this.clock = clock;
    this.receivers = new Receivers(clock);
    this.#outbox = new SqliteDatabase(join(directory, 'kippu.db'), clock);
  }

  static async create({ mail }: { readonly mail?: MailPorts } = {}): Promise<NoticeWorld> {
    const directory = mkdtempSync(join(tmpdir(), 'kippu-notices-'));
    const clock = new VirtualClock();
    const store = await open(directory, clock, 'store');
    await store.home.found(HOME);
    await store.home.registerApps([APP]);
    return new NoticeWorld(directory, store, mail, clock);
  }

  /** A process of its own, with its own connection to the store. */
  async process(): Promise<NoticeProcess> {
    const name = `process ${this.#processes.length}`;
    const process = new NoticeProcess(await open(this.#directory, this.clock, name), this, this.#mail);
    this.#processes.push(process);
    return process;
  }

  /** A webhook to `https://NAME.example/hook`, with its secret. */
  async webhook(
    name: string,
    more: Partial<Pick<Webhook, 'eventTypes' | 'connections' | 'url'>> = {},
  ): Promise<{ readonly id: WebhookId; readonly secret: string }> {
    const id = newId('whk', this.random);
    const secret = newWebhookSecret(this.random);
    await this.store.notices.createWebhook({
      id,
      url: `https://${name}.example/hook`,
      eventTypes: undefined,
      connections: undefined,
      ...sealSecrets([secret], id, this),
      overlapEndsAtMs: undefined,
      createdAtMs: this.clock.nowMs(),
      disabled: undefined,
      ...more,
    });
    return { id, secret: secret.reveal() };
  }

  /** Something happens, as its transaction would write it. Gives the event's id. */
  async happen(type: EventType, facts: HappeningFacts = {}): Promise<string> {
    this.#happenings += 1;
    const id = await this.#outbox.write((tx) =>
      insertEvent(
        tx,
        {
          happening: `test:${this.#happenings}`,
          type,
          connectionId: facts.connectionId,
          postId: facts.postId,
          data: facts.data ?? {},
        },
        this,
      ),
    );
    assert.ok(id !== undefined, 'each happening is a new one');
    return id;
  }

  /** Lets time pass, with every living process looking every `every`. */
  async pass(span: Span, { every = '500ms' }: { readonly every?: Span } = {}): Promise<void> {
    const endMs = this.clock.nowMs() + msOf(span);
    for (;;) {
      for (const process of this.#processes) await process.look();
      const leftMs = endMs - this.clock.nowMs();
      if (leftMs <= 0) return;
      await this.clock.advance(Math.min(leftMs, msOf(every)));
    }
  }

  deliveries(destination: string): Promise<readonly Delivery[]> {
    return this.store.notices.deliveries({ destination, limit: 10_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes) await process.close();
    await Promise.all([this.store.close(), this.#outbox.close()]);
    rmSync(this.#directory, { recursive: true });
  }
}

function open(directory: string, clock: VirtualClock, name: string): Promise<Store> {
  const faults = { reach: () => undefined };
  return openSqliteStore({
    path: join(directory, 'kippu.db'),
    clock,
    random: seededRandom(name),
    faults,
    migrates: true,
  });
}

class Killed extends Error {}

/** A process that a test can kill at a fault point; from then on it does nothing. */
export class NoticeProcess {
  readonly errors: unknown[] = [];
  readonly courier: Courier;
  readonly #store: Store;
  readonly #world: NoticeWorld;
  #deadlyPoint: FaultPoint | undefined;
  #isDead = false;

  constructor(store: Store, world: NoticeWorld, mail: MailPorts | undefined) {
    this.#store = store;
    this.#world = world;
    const ports: NoticePorts = {
      notices: store.notices,
      connections: store.connections,
      posts: store.posts,
      home: store.home,
      vault: world.vault,
      http: world.receivers,
      clock: world.clock,
      random: world.random,
      faults: {
        reach: (point) => {
          if (point === this.#deadlyPoint) this.#isDead = true;
          if (this.#isDead) throw new Killed(point);
        },
      },
      addresses: addressRules([]),
      mail,
      publicUrl: PUBLIC_URL,
    };
    this.courier = new Courier(ports, (error) => {
      if (!(error instanceof Killed)) this.errors.push(error);
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** It dies when it reaches this point. */
  arm(point: FaultPoint): void {
    this.#deadlyPoint = point;
  }

  /** One look of the worker; what can be done without time passing is done. */
  async look(): Promise<void> {
    if (this.#isDead) return;
    try {
      await this.courier.fanOut();
      await this.courier.sendDue();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    while (this.courier.underWay > this.#world.receivers.sleeping) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  async close(): Promise<void> {
    this.#isDead = true;
    await this.#store.close();
  }
}
