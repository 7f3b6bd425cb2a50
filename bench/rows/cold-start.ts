import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Bench } from '../measure/bench.ts';
import type { Figure, Row } from '../measure/row.ts';
import { ratiosOf, summaryOf } from '../measure/statistics.ts';
import { fillStore, nameOf, type FilledStore } from '../world/fill-store.ts';
import { ROOT } from '../world/installed.ts';
import { environmentOf, startKippu } from '../world/kippu-server.ts';

const NOWHERE = 'http://127.0.0.1:9';
const STARTS = 21;
const UPS = 11;
const WARM_UPS = 2;

export const coldStart: Row = {
  id: 'cold-start',
  work: 'cold start',
  wants: [
    { figure: '`kippu token`', unit: 'ms', target: { kind: 'at_most', value: 150 } },
    { figure: '`kippu up` ready', unit: 'ms', target: { kind: 'at_most', value: 500 } },
  ],
  costs: 'about 60 s',
  async measure(bench) {
    const store = await fillStore(bench, { connections: 100, providerUrl: NOWHERE });
    const first = firstStart(bench, store);
    const [token, node, clone] = starts(bench, store);
    const ups = await upStarts(bench, store);
    return {
      figures: [
        spans('`kippu token`', token),
        spans('`kippu up` ready', ups),
        spans('baseline: `node` that does nothing', node),
        { name: '`kippu token` to `node`', unit: 'ratio', ...summaryOf(ratiosOf(token, node)) },
        spans('`kippu token` in a clone, which runs the source', clone),
        { name: 'the very first `kippu token`, before Node has kept what it compiled', ...one(first) },
      ],
      notes: ['no server runs: the command opens the database by itself'],
    };
  },
};

function starts(bench: Bench, store: FilledStore): [number[], number[], number[]] {
  const env = environmentOf(store, NOWHERE, 4180);
  const args = ['token', nameOf(0)];
  const contenders = [
    [bench.installed.command, ...args],
    ['-e', '0'],
    [path.join(ROOT, 'bin', 'kippu.mjs'), ...args],
  ];
  const took = contenders.map((): number[] => []) as [number[], number[], number[]];
  for (let round = -WARM_UPS; round < STARTS; round += 1) {
    for (const [at, contender] of contenders.entries()) {
      const ms = timed(contender, env);
      if (round >= 0) took[at]?.push(ms);
    }
  }
  return took;
}

function firstStart(bench: Bench, store: FilledStore): number {
  rmSync(path.join(bench.installed.folder, 'node_modules'), { recursive: true, force: true });
  return timed([bench.installed.command, 'token', nameOf(0)], environmentOf(store, NOWHERE, 4180));
}

/** The whole process, as a shell that waits for it sees it. */
function timed(args: readonly string[], env: NodeJS.ProcessEnv): number {
  const startedAtMs = performance.now();
  const done = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  const tookMs = performance.now() - startedAtMs;
  if (done.status !== 0) throw new Error(`${args.join(' ')} failed: ${done.stderr}`);
  return tookMs;
}

async function upStarts(bench: Bench, store: FilledStore): Promise<number[]> {
  const took: number[] = [];
  for (let round = -WARM_UPS; round < UPS; round += 1) {
    const kippu = await startKippu(bench, store, NOWHERE);
    await kippu.stop();
    if (round >= 0) took.push(kippu.readyAfterMs);
  }
  return took;
}

function spans(name: string, took: readonly number[]): Figure {
  return { name, unit: 'ms', ...summaryOf(took) };
}

function one(ms: number) {
  return { unit: 'ms' as const, median: ms, low: ms, high: ms, count: 1 };
}
