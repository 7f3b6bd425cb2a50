import { betterAuth } from '../peers/better-auth.ts';
import type { Row } from '../measure/row.ts';
import { rateFigure, takeTurns } from '../measure/rounds.ts';
import { fillStore, nameOf } from '../world/fill-store.ts';
import { openLibrary } from '../world/library.ts';

const CONNECTIONS = 100;
/** Nobody is asked here: every token is good. */
const NOWHERE = { url: 'http://127.0.0.1:9', tokenUrl: 'http://127.0.0.1:9/token' };

export const liveToken: Row = {
  id: 'live-token',
  work: '`getAccessToken` on a live token, in process',
  wants: [{ figure: 'Kippu', unit: 'per second', target: { kind: 'at_least', value: 3_000_000 } }],
  costs: 'about 30 s',
  async measure(bench) {
    const store = await fillStore(bench, { connections: CONNECTIONS, providerUrl: NOWHERE.url });
    const kippu = await openLibrary(bench, store, NOWHERE.url);
    const names = store.ids.map((_, number) => nameOf(number));
    const inMemory = await betterAuth(bench, NOWHERE, { accounts: CONNECTIONS, isEnded: false, store: 'memory' });
    const onSqlite = await betterAuth(bench, NOWHERE, { accounts: CONNECTIONS, isEnded: false, store: 'sqlite' });
    const rates = await takeTurns([
      { name: 'Kippu', work: (count) => inTurn(count, (number) => kippu.getAccessToken(names[number] ?? '')) },
      { name: 'baseline: a Map and a look at the expiry', work: mapWork(names) },
      { name: 'Better Auth, in memory', work: (count) => inTurn(count, (number) => inMemory.getAccessToken(number)) },
      { name: 'Better Auth, on SQLite', work: (count) => inTurn(count, (number) => onSqlite.getAccessToken(number)) },
    ]);
    return { figures: rates.map(rateFigure) };
  },
};

async function inTurn(count: number, ask: (number: number) => Promise<unknown>): Promise<number> {
  for (let asked = 0; asked < count; asked += 1) await ask(asked % CONNECTIONS);
  return count;
}

/** The least that anything can do which knows its tokens: an asynchronous function, because all the others are. */
function mapWork(names: readonly string[]): (count: number) => Promise<number> {
  const known = new Map(
    names.map((name) => [name, { token: `token of ${name}`, expiresAtMs: Date.now() + 36_000_000 }]),
  );
  const get = async (name: string): Promise<string | undefined> => {
    const entry = known.get(name);
    return entry !== undefined && entry.expiresAtMs > Date.now() ? entry.token : undefined;
  };
  return (count) => inTurn(count, (number) => get(names[number] ?? ''));
}
