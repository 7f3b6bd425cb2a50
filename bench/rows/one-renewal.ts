import { ratioFigure, spanFigure, takeTurns } from '../measure/rounds.ts';
import type { Row } from '../measure/row.ts';
import { betterAuth } from '../peers/better-auth.ts';
import { openidClient, simpleOauth2 } from '../peers/renewing-clients.ts';
import { BareStore, exchangeByNodeHttp, exchangeByUndici, renewBare } from '../world/bare-renewal.ts';
import { fillStore, nameOf } from '../world/fill-store.ts';
import { openLibrary } from '../world/library.ts';
import { startProvider } from '../world/provider.ts';
import { Numbers } from '../world/numbers.ts';

const RENEWALS_A_ROUND = 100;
const TURNS = { rounds: 15, warmUps: 3 };
const RENEWALS = RENEWALS_A_ROUND * (TURNS.rounds + TURNS.warmUps);

export const oneRenewal: Row = {
  id: 'one-renewal',
  work: 'one renewal at a time, wall time',
  wants: [{ figure: 'to the bare exchange and two commits', unit: 'ratio', target: { kind: 'at_most', value: 1.15 } }],
  costs: 'about 40 s',
  async measure(bench) {
    const provider = await startProvider(bench);
    const store = await fillStore(bench, { connections: RENEWALS, ended: RENEWALS, providerUrl: provider.url });
    const kippu = await openLibrary(bench, store, provider.url);
    const bare = new BareStore(bench, RENEWALS);
    const quick = new BareStore(bench, RENEWALS);
    const byNodeHttp = exchangeByNodeHttp(provider);
    const byUndici = await exchangeByUndici(bench, provider, { connections: 1 });
    const auth = await betterAuth(bench, provider, { accounts: RENEWALS, isEnded: true, store: 'sqlite' });
    const [simple, openid] = [await simpleOauth2(provider), await openidClient(provider)];
    const each = (name: string, renew: (number: number) => Promise<unknown>) => {
      const numbers = new Numbers(RENEWALS);
      const work = async (count: number): Promise<number> => {
        for (let done = 0; done < count; done += 1) await renew(numbers.next());
        return count;
      };
      return { name, work, count: RENEWALS_A_ROUND };
    };
    const rates = await takeTurns(
      [
        each('Kippu', (number) => kippu.getAccessToken(nameOf(number))),
        each('baseline: node:http and two commits', (number) => renewBare(number, bare, byNodeHttp)),
        each('undici on an open connection and two commits', (number) => renewBare(number, quick, byUndici)),
        each('Better Auth, one commit', (number) => auth.getAccessToken(number)),
        each('simple-oauth2, stores nothing', () => simple.renew()),
        each('openid-client, stores nothing', () => openid.renew()),
      ],
      TURNS,
    );
    const [ours, baseline, floor] = rates;
    const { repeats } = await provider.counts();
    if (repeats > 0) throw new Error(`${repeats} refresh tokens were presented twice.`);
    return {
      figures: [
        ratioFigure('to the bare exchange and two commits', [ours, baseline], 'time'),
        ratioFigure('to the same with undici on an open connection', [ours, floor], 'time'),
        ...rates.map(spanFigure),
      ],
    };
  },
};
