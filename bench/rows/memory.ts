import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../measure/bench.ts';
import type { Figure, Row } from '../measure/row.ts';
import { fillStore, nameOf } from '../world/fill-store.ts';
import { createKey, environmentOf, residentMemoryOf, startKippu, type RunningKippu } from '../world/kippu-server.ts';

const NOWHERE = 'http://127.0.0.1:9';
const MANY = 1_000_000;
const ASKED = 20_000;
const ASKED_AT_ONCE = 16;
/** The worker has made its rounds by then, several times. */
const SETTLE_MS = 10_000;

export const memory: Row = {
  id: 'memory',
  work: 'resident memory with 1,000,000 connections stored',
  wants: [{ figure: 'Kippu, at its highest', unit: 'MB', target: { kind: 'at_most', value: 250 } }],
  costs: 'about 4 min, most of them to write a million sealed rows, and 2 GB of disk until it is done',
  async measure(bench) {
    const few = await residentWith(bench, 1);
    const many = await residentWith(bench, MANY);
    return {
      figures: [
        once('Kippu, at its highest', many.peakMb),
        once(`Kippu, after ${ASKED.toLocaleString('en')} different tokens were asked for`, many.nowMb),
        once('Kippu, when it was ready', many.readyMb),
        once('beside it: with 1 connection, at its highest', few.peakMb),
      ],
    };
  },
};

async function residentWith(bench: Bench, connections: number) {
  const store = await fillStore(bench, { connections, providerUrl: NOWHERE });
  const key = createKey(bench, 'tokens:read', environmentOf(store, NOWHERE, 0));
  const kippu = await startKippu(bench, store, NOWHERE);
  const readyMb = residentMemory(kippu).nowMb;
  await sleep(SETTLE_MS);
  await askForMany(kippu, key, connections);
  const { nowMb, peakMb } = residentMemory(kippu);
  await kippu.stop();
  return { readyMb, nowMb, peakMb };
}

async function askForMany(kippu: RunningKippu, key: string, connections: number): Promise<void> {
  let asked = 0;
  const one = async (): Promise<void> => {
    for (; asked < ASKED;) {
      asked += 1;
      const name = nameOf((asked * 7919) % connections);
      const response = await fetch(`${kippu.url}/v1/connections/${encodeURIComponent(name)}/token`, {
        headers: { authorization: `Bearer ${key}` },
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`The token of ${name} was answered with ${response.status}.`);
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, one));
}

function residentMemory({ pid }: RunningKippu) {
  const memory = residentMemoryOf(pid);
  if (memory === undefined) throw new Error('The resident memory of a process can be read on Linux only.');
  return memory;
}

function once(name: string, mb: number): Figure {
  return { name, unit: 'MB', median: mb, low: mb, high: mb, count: 1 };
}
