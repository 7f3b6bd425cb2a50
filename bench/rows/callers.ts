import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../measure/bench.ts';
import type { Figure, Row } from '../measure/row.ts';
import { summaryOf } from '../measure/statistics.ts';
import { betterAuth } from '../peers/better-auth.ts';
import { fillStore, nameOf, type FilledStore } from '../world/fill-store.ts';
import { movedToPostgres } from '../world/postgres.ts';
import { forkChild, startProvider, type Provider } from '../world/provider.ts';

const PROCESSES = 4;
const CALLERS = 10_000;
const ROUNDS = 5;
const PEER_CALLERS = 10;

/** What one process says of its callers. */
interface Told {
  readonly served: number;
  readonly versions: readonly number[];
  readonly tokens: number;
  readonly tookMs: number;
}

export const callers: Row = {
  id: 'callers',
  work: '10,000 concurrent callers of an expired token, 4 processes',
  wants: [
    { figure: 'on one SQLite file', unit: 'exchanges', target: { kind: 'exactly', value: 1 } },
    { figure: 'on PostgreSQL', unit: 'exchanges', target: { kind: 'exactly', value: 1 } },
  ],
  costs: 'about a minute',
  async measure(bench) {
    const provider = await startProvider(bench);
    const filling = { connections: ROUNDS, ended: ROUNDS, providerUrl: provider.url };
    const file = await fillStore(bench, filling);
    const inSqlite = await askInRounds(bench, 'on one SQLite file', { store: file, provider });
    const moved = await movedToPostgres(bench, await fillStore(bench, filling), provider.url);
    const inPostgres = await askInRounds(bench, 'on PostgreSQL', { store: moved, provider });
    return { figures: [...inSqlite, ...inPostgres], notes: [await peerNote(bench, provider)] };
  },
};

interface Asked {
  readonly store: FilledStore;
  readonly provider: Provider;
}

/** Each connection once. */
async function askInRounds(bench: Bench, name: string, asked: Asked): Promise<Figure[]> {
  const exchanges: number[] = [];
  const tookMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await asked.provider.counts();
    tookMs.push(await askAtOnce(bench, { ...asked, connection: nameOf(round) }));
    exchanges.push((await asked.provider.counts()).exchanges - before.exchanges);
  }
  // The one that is furthest from what is wanted counts, and not the one in the middle.
  const worst = exchanges.reduce((worst, count) => (Math.abs(count - 1) > Math.abs(worst - 1) ? count : worst), 1);
  return [
    { name, unit: 'exchanges', ...summaryOf(exchanges), median: worst },
    { name: `${name}: until the last caller has its token`, unit: 'ms', ...summaryOf(tookMs) },
  ];
}

/** Throws where a caller got nothing, or not all got the same: then the count of exchanges says nothing. */
async function askAtOnce(bench: Bench, asked: Asked & { readonly connection: string }): Promise<number> {
  const wish = {
    ...{ folder: bench.installed.folder, database: asked.store.database, home: asked.store.home },
    ...{ providerUrl: asked.provider.url, connection: asked.connection, callers: CALLERS / PROCESSES },
  };
  const file = fileURLToPath(new URL('../world/caller-process.ts', import.meta.url));
  const children = Array.from({ length: PROCESSES }, () => forkChild(bench, file, [JSON.stringify(wish)]));
  await Promise.all(children.map((child) => once(child, 'message')));
  const told = await Promise.all(children.map(askChild));
  const served = told.reduce((sum, { served }) => sum + served, 0);
  const versions = new Set(told.flatMap(({ versions }) => versions));
  if (served !== CALLERS || versions.size !== 1 || told.some(({ tokens }) => tokens !== 1))
    throw new Error(`${served} of ${CALLERS} callers were served, with ${versions.size} versions.`);
  for (const child of children) child.disconnect();
  return Math.max(...told.map(({ tookMs }) => tookMs));
}

async function askChild(child: ChildProcess): Promise<Told> {
  const answered = once(child, 'message');
  child.send('ask');
  const [told] = (await answered) as [Told];
  return told;
}

/** Better Auth keeps no lock: each caller that sees an ended token renews it. In one process, to begin with. */
async function peerNote(bench: Bench, provider: Provider): Promise<string> {
  const auth = await betterAuth(bench, provider, { accounts: 1, isEnded: true, store: 'sqlite' });
  const before = await provider.counts();
  const answers = await Promise.allSettled(Array.from({ length: PEER_CALLERS }, () => auth.getAccessToken(0)));
  const after = await provider.counts();
  const failed = answers.filter(({ status }) => status === 'rejected').length;
  return `Better Auth, ${PEER_CALLERS} callers in one process: ${after.exchanges - before.exchanges} exchanges, ${failed} callers failed`;
}
