import type { Logger } from 'pino';
import type { Clock } from '../model/clock.ts';
import type { FaultPoints } from '../model/fault-points.ts';
import type { HttpClient } from '../model/http.ts';
import { newId, type ConnectionId, type ProviderAppId } from '../model/ids.ts';
import type { Random } from '../model/random.ts';
import type { Spool } from '../model/spool.ts';
import type { Store } from '../model/store.ts';
import type { Vault } from '../model/vault.ts';
import type { ConnectPorts } from '../connect/ports.ts';
import type { NoticeOptions } from '../notify/ports.ts';
import { collect } from '../posts/collect.ts';
import type { DraftPorts } from '../posts/drafts.ts';
import { NETWORKS } from '../posts/networks/all.ts';
import type { SchedulePorts } from '../posts/schedules/ports.ts';
import { Nonces } from '../protocol/nonces.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { SigningKeys } from '../protocol/signing-keys.ts';
import { Flights } from '../renewal/flights.ts';
import { Turns } from '../renewal/turns.ts';
import type { RenewalPorts, RenewalTiming } from '../renewal/ports.ts';
import { reapplySpool } from '../renewal/reapply.ts';
import { openDataDirectory } from '../store/data-directory.ts';
import { MemorySpool } from '../store/memory/spool.ts';
import { Tokens } from './access.ts';
import { Flows } from './flow/flows.ts';
import { checkRenewedIdToken } from './id-tokens.ts';
import { heldStore, type Copied } from './copied.ts';
import { openHome, type KeySource } from './home.ts';
import { Issuers } from './issuers/issuers.ts';
import { metadataFiles, metadataInMemory } from './issuers/metadata-files.ts';
import type { IssuerRegistration } from './issuers/registration.ts';
import { LookUps } from './look-ups.ts';
import { tendOwnSpool } from './own-spool.ts';
import { registered } from './registered.ts';
import { directorySpool } from './directory-spool.ts';
import type { ComposeFunction } from './ports/ask-function.ts';
import { systemComposer } from './ports/composer.ts';
import { systemProcesses } from './ports/system-processes.ts';

/** The world outside, replaceable as a whole. */
export interface Outside {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClient;
  readonly faults: FaultPoints;
}

/** Opens the store of a configuration; `store/` has one for each engine. */
export type StoreOpener = (outside: Outside) => Promise<Store>;

export interface AppOptions {
  readonly openStore: StoreOpener;
  readonly keys: Omit<KeySource, 'file'>;
  /** The data directory; absent for a store in memory. */
  readonly home: string | undefined;
  readonly apps: readonly ProviderApp[];
  /** Apps at providers that describe themselves; they join {@link App.apps} once their descriptions are known. */
  readonly issuers?: readonly IssuerRegistration[] | undefined;
  readonly publicUrl: string;
  readonly returnUrls: readonly string[];
  readonly timing: RenewalTiming;
  /** As `KIPPU_HISTORY_DAYS`. Absent: as long as is usual. */
  readonly historyDays?: number | undefined;
  /** Absent: webhooks go to public addresses only, and nothing is mailed. */
  readonly notices?: NoticeOptions | undefined;
  /** Functions that write texts of schedules, by name. */
  readonly composers?: ReadonlyMap<string, ComposeFunction> | undefined;
  readonly log: Logger;
  readonly outside: Outside;
}

/** Everything wired: what the server, the command line and the library work with. */
export interface App {
  readonly options: AppOptions;
  readonly store: Store;
  readonly vault: Vault;
  readonly spool: Spool;
  readonly flights: Flights;
  readonly tokens: Tokens;
  readonly lookUps: LookUps;
  /** Those whose steps somebody wants to see. */
  readonly flows: Flows;
  readonly apps: ReadonlyMap<ProviderAppId, ProviderApp>;
  readonly issuers: Issuers;
  readonly renewal: RenewalPorts;
  readonly connect: ConnectPorts;
  readonly posts: DraftPorts;
  readonly schedules: SchedulePorts;
  readonly log: Logger;
  /** Where a new key ring was written just now. */
  readonly newRing: string | undefined;
  /** Why nothing is renewed and no worker runs: the store is a copy. */
  readonly copied: Copied | undefined;
  /** Waits for what is under way (every renewal is settled), then closes. */
  close(): Promise<void>;
}

/** Throws `wrong_key_ring`, `store_unavailable`, `conflict` (a newer schema), `invalid`. */
export async function openApp(options: AppOptions): Promise<App> {
  const { log } = options;
  const directory = options.home === undefined ? undefined : openDataDirectory(options.home, options.outside.random);
  const store = await options.openStore(options.outside);
  // Nodes that share a store share its time: else a lease would be over for one and not for another.
  const outside = { ...options.outside, clock: store.clock ?? options.outside.clock };
  const { clock, random, faults, http } = outside;
  try {
    const flows = new Flows(http, { clock, log });
    const home = await openHome(store, { ...options.keys, file: directory }, random);
    const processes = systemProcesses(directory?.nodeId() ?? newId('nod', random));
    const spool =
      directory === undefined ? new MemorySpool(clock) : directorySpool(directory.spoolPath, outside, processes);
    const apps = new Map(options.apps.map((app) => [app.id, app]));
    await store.home.registerApps(options.apps.map(registered));
    const issuers = new Issuers(options.issuers ?? [], {
      http,
      clock,
      log,
      keeper: options.home === undefined ? metadataInMemory() : metadataFiles(options.home, random),
      onApp: async (app) => {
        await store.home.registerApps([registered(app)]);
        apps.set(app.id, app);
      },
    });
    await issuers.begin();
    const { vault, fingerprinter } = home;
    const { copied } = home;
    const credentials =
      copied === undefined
        ? store.credentials
        : { ...store.credentials, claim: () => Promise.reject(heldStore(copied)) };
    const nonces = new Nonces();
    const renewal: RenewalPorts = {
      ...outside,
      http: flows,
      nonces,
      turns: new Turns(outside),
      credentials,
      connections: store.connections,
      home: store.home,
      apps,
      vault,
      fingerprinter,
      spool,
      processes,
      timing: options.timing,
    };
    const background = new Set<Promise<void>>();
    const watch = (work: Promise<void>, trouble: string): void => {
      const watched = work.catch((error: unknown) => {
        log.error({ err: error }, trouble);
      });
      background.add(watched);
      void watched.finally(() => background.delete(watched));
    };
    // Only called once a renewal has landed, which is after all of this.
    const flights = new Flights(renewal, (id, { app: { provider } }) => {
      if (provider.idToken !== undefined)
        watch(
          checkRenewedIdToken(id, opened),
          'a renewed ID token could not be checked; that is done when it is asked for',
        );
    });
    const tokens = new Tokens({
      flights,
      fingerprinter,
      clock,
      changes: () => store.changes(),
      connectUrl: (id: ConnectionId) => `${options.publicUrl}/reconnect/${id}`,
      // For the words of an error, which must not be lost because the store fails too.
      nameOf: async (id) => (await store.connections.find(id).catch(() => undefined))?.name ?? id,
    });
    const posts: DraftPorts = {
      posts: store.posts,
      connections: store.connections,
      // The original may be publishing the same.
      tokens: copied === undefined ? tokens : { get: () => Promise.reject(heldStore(copied)) },
      networks: NETWORKS,
      http,
      clock,
      random,
      processes,
      faults,
      background: (work) => {
        watch(work, 'a post could not be settled now; it is tried again');
      },
    };
    const schedules: SchedulePorts = {
      schedules: store.schedules,
      connections: store.connections,
      networks: NETWORKS,
      composer: systemComposer({ ...outside, functions: options.composers }),
      collect: (connection, measure) => collect(connection, measure, posts),
      clock,
      random,
      faults,
      background: (work) => {
        watch(work, 'a schedule could not be settled now; it is tried again');
      },
    };
    const connect: ConnectPorts = {
      ...outside,
      http: flows,
      nonces,
      idTokens: new SigningKeys({ http, clock }),
      consents: store.consents,
      connections: store.connections,
      credentials: store.credentials,
      apps,
      vault,
      fingerprinter,
    };
    if (copied === undefined) await reapplySpool(renewal, { acknowledged: 'all' });
    spool.tidy();
    const tending = copied === undefined ? tendOwnSpool(renewal, { log }) : undefined;
    const opened: App = {
      options: { ...options, outside },
      store,
      vault,
      spool,
      flights,
      tokens,
      lookUps: new LookUps(store),
      flows,
      apps,
      issuers,
      renewal,
      connect,
      posts,
      schedules,
      log,
      newRing: home.newRing,
      copied,
      async close() {
        try {
          await flights.drain();
          await Promise.all(background);
          await tending?.stop();
          await spool.close();
        } finally {
          await store.close();
        }
      },
    };
    return opened;
  } catch (error) {
    await store.close();
    throw error;
  }
}
