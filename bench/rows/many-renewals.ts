import { rateFigure, ratioFigure, takeTurns } from '../measure/rounds.ts';
import type { Row } from '../measure/row.ts';
import { betterAuth } from '../peers/better-auth.ts';
import { BareStore, exchangeByNodeHttp, exchangeByUndici, renewBareTogether } from '../world/bare-renewal.ts';
import { fillStore, nameOf } from '../world/fill-store.ts';
import { openLibrary } from '../world/library.ts';
import { Numbers } from '../world/numbers.ts';
import { startProvider } from '../world/provider.ts';

const AT_A_TIME = 64;
const RENEWALS_A_ROUND = 1024;
const TURNS = { rounds: 11, warmUps: 2 };
const RENEWALS = RENEWALS_A_ROUND * (TURNS.rounds + TURNS.warmUps);
/** It takes so long for each that fewer must do. */
const AUTH_A_ROUND = 256;

export const manyRenewals: Row = {
  id: 'many-renewals',
  work: '64 renewals at a time',
  wants: [{ figure: 'to undici and two group commits', unit: 'ratio', target: { kind: 'at_least', value: 0.7 } }],
  costs: 'about 60 s',
  async measure(bench) {
    const provider = await startProvider(bench);
    const store = await fillStore(bench, { connections: RENEWALS, ended: RENEWALS, providerUrl: provider.url });
    const kippu = await openLibrary(bench, store, provider.url);
    const [bare, own] = [new BareStore(bench, RENEWALS), new BareStore(bench, RENEWALS)];
    const byUndici = await exchangeByUndici(bench, provider, { connections: AT_A_TIME });
    const byNodeHttp = exchangeByNodeHttp(provider);
    const accounts = AUTH_A_ROUND * (TURNS.rounds + TURNS.warmUps);
    const auth = await betterAuth(bench, provider, { accounts, isEnded: true, store: 'sqlite' });
    const many = (name: string, renew: (number: number) => Promise<unknown>, count = RENEWALS_A_ROUND) => {
      const numbers = new Numbers(RENEWALS);
      return { name, work: (count: number) => atATime(count, () => renew(numbers.next())), count };
    };
    const rates = await takeTurns(
      [
        many('Kippu', (number) => kippu.getAccessToken(nameOf(number))),
        many('baseline: undici and two group commits', (number) => renewBareTogether(number, bare, byUndici)),
        many('node:http, a connection each, and two group commits', (number) =>
          renewBareTogether(number, own, byNodeHttp),
        ),
        many('Better Auth, a commit each', (number) => auth.getAccessToken(number), AUTH_A_ROUND),
      ],
      TURNS,
    );
    const [ours, baseline, connecting] = rates;
    const { repeats } = await provider.counts();
    if (repeats > 0) throw new Error(`${repeats} refresh tokens were presented twice.`);
    return {
      figures: [
        ratioFigure('to undici and two group commits', [ours, baseline]),
        ratioFigure('to the same with a connection each', [ours, connecting]),
        ...rates.map(rateFigure),
      ],
    };
  },
};

async function atATime(count: number, work: () => Promise<unknown>): Promise<number> {
  let left = count;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, one));
  return count;
}
