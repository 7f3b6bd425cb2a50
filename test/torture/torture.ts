import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { TortureDatabase } from './database/database.ts';
import { sqliteDatabase } from './database/sqlite.ts';
import { makeDisk, releaseDisk, type Disk } from './disk.ts';
import type { AcceptedPost, Evidence, ForcedRenewal } from './evidence.ts';
import { FaultDriver, setClock } from './faults.ts';
import { countRefusedWrites, readSpools, readTimings } from './gather.ts';
import { readHistory } from './history.ts';
import { Callers, type CallerTally } from './load/callers.ts';
import { comeAndGo } from './load/comings.ts';
import { makePosts } from './load/posters.ts';
import { newTally, readTokens } from './load/readers.ts';
import { Operator } from './load/operator.ts';
import { Users } from './load/users.ts';
import { KippuNode } from './node.ts';
import { drawClocks, planFaults } from './plan.ts';
import type { Played } from './played.ts';
import { lastingPort } from './ports.ts';
import { lastWords, ProcessTable } from './processes.ts';
import { ProviderProcess } from './provider.ts';
import type { Records } from './records.ts';
import { balance, type Report } from './report.ts';
import { settle } from './settling.ts';
import { databasePathOf, TIMING, type Stage } from './stage.ts';

export interface TortureOptions {
  readonly played: Played;
  readonly store: 'sqlite' | 'postgres';
  readonly seed: string;
  /** How long faults happen; the settling afterwards comes on top. */
  readonly forMs: number;
  /** How long the settling may take: an uncertainty needs the original request's end, the token's end, and a replay. */
  readonly settleMaxMs: number;
  readonly connections: number;
  /** Kippu's servers; at SQLite a worker without a server comes on top. */
  readonly servers: number;
  readonly readers: number;
  readonly broken: string | undefined;
  readonly mayMount: boolean;
  readonly say: (text: string) => void;
  readonly stop: AbortSignal;
}

/** One run: everything is started, faults are done to it, they stop, it settles, and the books are balanced. */
export async function torture(options: TortureOptions): Promise<Report> {
  const directory = mkdtempSync(join(tmpdir(), 'kippu-torture-'));
  const processes = new ProcessTable();
  const removeAtExit = (): void => rmSync(directory, { recursive: true, force: true });
  process.on('exit', removeAtExit);
  const disk = makeDisk(directory, options);
  let database: TortureDatabase | undefined;
  try {
    mkdirSync(join(directory, 'provider'), { recursive: true });
    const { played, broken } = options;
    const provider = new ProviderProcess(played, { directory, port: await lastingPort() }, processes);
    const keys = `torture:${randomBytes(32).toString('base64')}`;
    database = await openDatabase(options, disk);
    const stage: Stage = { directory, disk, database, played, providerUrl: provider.url, keys, processes, broken };
    return await new Run(options, stage, provider).play();
  } finally {
    await processes.endAll();
    await database?.close();
    releaseDisk(disk);
    removeAtExit();
    process.off('exit', removeAtExit);
  }
}

async function openDatabase({ store, servers }: TortureOptions, disk: Disk): Promise<TortureDatabase> {
  if (store === 'sqlite') return sqliteDatabase(databasePathOf({ disk }));
  // Its package listens for signals, and for the end of the process: only where it is needed.
  const { postgresDatabase } = await import('./database/postgres.ts');
  return postgresDatabase(serverNames(servers));
}

function serverNames(servers: number): readonly string[] {
  return ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, servers);
}

/** Nodes go by the database's clock, which they ask; on a busy machine asking takes its time. */
const CLOCKS_APART_MS = 500;

interface Players {
  readonly users: Users;
  readonly operator: Operator;
  readonly records: Records;
}

class Run {
  readonly #options: TortureOptions;
  readonly #stage: Stage;
  readonly #provider: ProviderProcess;
  readonly #handles: readonly string[];
  readonly #reads = newTally();
  readonly #calls: CallerTally = { exits: {}, hung: 0 };
  readonly #accepted: AcceptedPost[] = [];
  readonly #forced: ForcedRenewal[] = [];
  #nodes: KippuNode[] = [];

  constructor(options: TortureOptions, stage: Stage, provider: ProviderProcess) {
    this.#options = options;
    this.#stage = stage;
    this.#provider = provider;
    this.#handles = Array.from({ length: options.connections }, (_, index) => `u${String(index).padStart(4, '0')}`);
  }

  async play(): Promise<Report> {
    const { say, seed, forMs } = this.#options;
    await this.#start();
    await using records = this.#stage.database.records();
    const users = this.#users(records);
    // Where each data directory is on a machine of its own, he has one too.
    const operator = new Operator({ stage: this.#stage, records, home: this.#hasServer ? 'terminal' : 'a' });
    const beganMs = Date.now();
    await users.begin();
    say(`${this.#handles.length} connections after ${seconds(Date.now() - beganMs)}`);
    const faults = await this.#disturb({ users, operator, records });
    say(`${seconds(forMs)} of faults are over; everything settles`);
    const settling = await settle({
      provider: this.#provider,
      nodes: this.#servers,
      users,
      operator,
      records,
      settleMaxMs: this.#options.settleMaxMs,
      say,
      stop: this.#options.stop,
    });
    const evidence = await this.#gather(records, faults, settling.proofs);
    return balance(evidence, {
      played: this.#options.played,
      store: this.#options.store,
      seed,
      faults: faults.tally,
      reads: this.#reads,
      calls: this.#calls,
      spools: readSpools(this.#stage),
      spooled: readTimings(this.#stage).spooled,
      refusedWrites: countRefusedWrites(this.#stage),
      disk: this.#stage.disk.kind,
      damages: settling.damages,
      consentsAgain: users.again,
      releases: operator.releases,
      reapplied: readTimings(this.#stage).reapplied,
      badExits: [...faults.tally.badExits, ...settling.badExits],
    });
  }

  get #servers(): KippuNode[] {
    return this.#nodes.filter(({ port }) => port !== undefined);
  }

  get #hasServer(): boolean {
    return this.#stage.database.server !== undefined;
  }

  /** Servers with homes of their own; at SQLite also a worker that shares the first one's. */
  async #start(): Promise<void> {
    await this.#provider.start();
    await this.#provider.prepare();
    const { seed, servers } = this.#options;
    const names = serverNames(servers);
    for (const name of names)
      this.#nodes.push(new KippuNode({ name, home: name, port: await lastingPort() }, this.#stage));
    if (this.#hasServer) {
      const clocks = drawClocks({ seed, nodes: names });
      for (const node of this.#nodes) setClock(this.#stage, node, clocks.get(node.name) ?? 0);
    } else this.#nodes.push(new KippuNode({ name: 'worker', home: 'a', port: undefined }, this.#stage));
    for (const node of this.#nodes) {
      if (await node.start()) continue;
      throw new Error(
        `kippu up ${node.name} ended at once:\n${lastWords(join(this.#stage.directory, `${node.name}.log`))}`,
      );
    }
  }

  #users(records: Records): Users {
    const { seed } = this.#options;
    return new Users({
      seed: `${seed}:users`,
      handles: this.#handles,
      nodes: this.#servers,
      provider: this.#provider,
      records,
    });
  }

  async #disturb({ users, operator, records }: Players): Promise<FaultDriver> {
    const { seed, forMs, readers, played, stop: aborted } = this.#options;
    const over = new AbortController();
    const stop = AbortSignal.any([over.signal, aborted]);
    const { handles, nodes } = { handles: this.#handles, nodes: this.#servers };
    // On machines of their own, whoever types is at a node's: what he leaves behind when he is killed, the node can tell.
    const homes = (): string[] => [...nodes.map(({ home }) => home), ...(this.#hasServer ? [] : ['terminal'])];
    const callers = new Callers({
      seed: `${seed}:callers`,
      handles,
      homes,
      stage: this.#stage,
      reads: this.#reads,
      forced: this.#forced,
      tally: this.#calls,
    });
    const loads = [
      ...Array.from({ length: readers }, (_, index) =>
        readTokens({ seed: `${seed}:reader ${index}`, handles, nodes, played, records, tally: this.#reads, stop }),
      ),
      this.#occupy(handles, stop),
      callers.goOn(stop),
      users.goOn(stop),
      operator.goOn(stop),
    ];
    const faults = new FaultDriver({
      stage: this.#stage,
      provider: this.#provider,
      nodes: this.#nodes,
      callers,
      handles,
      forced: this.#forced,
      records,
    });
    const plan = planFaults({
      played,
      seed,
      forMs,
      nodes: this.#nodes.map(({ name }) => name),
      lateAnswerMs: TIMING.lateAnswerMs,
      hasDisk: this.#stage.disk.kind !== 'folder',
      hasServer: this.#hasServer,
    });
    const calm = sleep(forMs, undefined, { signal: aborted }).catch(() => undefined);
    try {
      await Promise.all([calm, faults.run(plan, stop)]);
    } finally {
      over.abort();
      await Promise.all(loads);
    }
    return faults;
  }

  /** What people do besides reading tokens. */
  #occupy(handles: readonly string[], stop: AbortSignal): Promise<void> {
    const { seed, played } = this.#options;
    const all = { handles, nodes: this.#servers, stop };
    return played.takesPosts
      ? makePosts({ ...all, played, name: 'the clock', seed: `${seed}:posts`, accepted: this.#accepted })
      : comeAndGo({
          ...all,
          seed: `${seed}:comings`,
          provider: this.#provider,
          forced: this.#forced,
          tally: this.#calls,
        });
  }

  async #gather(records: Records, faults: FaultDriver, proofs: ReadonlyMap<string, string>): Promise<Evidence> {
    return {
      provider: readHistory(this.#provider.history()),
      connections: await records.connections(),
      attempts: await records.attempts(),
      events: await records.events(),
      posts: await records.posts(),
      postAttempts: await records.postAttempts(),
      // What waited in the spool of a node that was given up was durable too, whatever became of its directory.
      spooled: new Set([
        ...readSpools(this.#stage).attempts,
        ...faults.tally.handovers.flatMap(({ attempts }) => attempts),
      ]),
      killings: this.#stage.processes.killings,
      pauses: this.#stage.processes.pauses,
      fullDisk: faults.tally.fullDisk,
      outages: faults.tally.outages,
      commits: readTimings(this.#stage).commits,
      reads: this.#reads.served,
      accepted: this.#accepted,
      forced: this.#forced,
      proofs,
      lateAnswerMs: TIMING.lateAnswerMs,
      clocksApartMs: this.#hasServer ? CLOCKS_APART_MS : 1,
    };
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
