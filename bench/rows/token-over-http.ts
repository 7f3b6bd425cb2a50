import { fileURLToPath } from 'node:url';
import { rateFigure, ratioFigure, takeTurns, type Contender } from '../measure/rounds.ts';
import type { Figure, Row } from '../measure/row.ts';
import { summaryOf } from '../measure/statistics.ts';
import { fillStore, nameOf } from '../world/fill-store.ts';
import { HttpLoad } from '../world/http-load.ts';
import { cpuMsOf, createKey, environmentOf, startKippu } from '../world/kippu-server.ts';
import { startChild } from '../world/provider.ts';

const NOWHERE = 'http://127.0.0.1:9';
const CONNECTIONS = 32;
const REQUESTS_A_ROUND = 4000;

export const tokenOverHttp: Row = {
  id: 'token-over-http',
  work: '`GET /v1/connections/{id}/token`',
  wants: [{ figure: 'to a bare node:http server', unit: 'ratio', target: { kind: 'at_least', value: 0.7 } }],
  costs: 'about 30 s',
  async measure(bench) {
    const store = await fillStore(bench, { connections: 100, providerUrl: NOWHERE });
    const key = createKey(bench, 'tokens:read', environmentOf(store, NOWHERE, 0));
    const kippu = await startKippu(bench, store, NOWHERE);
    const headers = { authorization: `Bearer ${key}` };
    const address = `${kippu.url}/v1/connections/${encodeURIComponent(nameOf(0))}/token`;
    const atKippu = await HttpLoad.open(address, { connections: CONNECTIONS, headers });
    const bare = await startChild<{ port: number; pid: number }>(
      bench,
      fileURLToPath(new URL('../world/bare-server-process.ts', import.meta.url)),
      [atKippu.body],
    );
    const atBare = await HttpLoad.open(`http://127.0.0.1:${bare.port}/`, { connections: CONNECTIONS, headers });
    bench.onEnd(() => {
      atKippu.close();
      atBare.close();
    });
    const sides = [
      new Side('Kippu', atKippu, kippu.pid),
      new Side('baseline: node:http with the same body', atBare, bare.pid),
    ] as const;
    const [ours, baseline] = await takeTurns(sides);
    const figures = [ratioFigure('to a bare node:http server', [ours, baseline])];
    for (const rate of [ours, baseline]) if (rate !== undefined) figures.push(rateFigure(rate));
    return { figures: [...figures, ...sides.flatMap((side) => side.cpuFigure() ?? [])] };
  },
};

/** A server that is asked, and what it uses of the processor for that. */
class Side implements Contender {
  readonly name: string;
  readonly count = REQUESTS_A_ROUND;
  readonly #load: HttpLoad;
  readonly #pid: number;
  readonly #cpuMs: number[] = [];

  constructor(name: string, load: HttpLoad, pid: number) {
    this.name = name;
    this.#load = load;
    this.#pid = pid;
  }

  readonly work = async (count: number): Promise<number> => {
    const before = cpuMsOf(this.#pid);
    const done = await this.#load.ask(count);
    const after = cpuMsOf(this.#pid);
    if (before !== undefined && after !== undefined) this.#cpuMs.push((after - before) / done);
    return done;
  };

  cpuFigure(): Figure | undefined {
    if (this.#cpuMs.length === 0) return undefined;
    return { name: `${this.name}: processor time a request`, unit: 'ms', ...summaryOf(this.#cpuMs) };
  }
}
