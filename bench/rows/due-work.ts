import type { CredentialStore } from '../../src/model/credential-store.ts';
import type { Bench } from '../measure/bench.ts';
import { ratioFigure, spanFigure, takeTurns } from '../measure/rounds.ts';
import type { Row } from '../measure/row.ts';
import { fillStore } from '../world/fill-store.ts';
import { moduleOf } from '../world/installed.ts';

const NOWHERE = 'http://127.0.0.1:9';
const FEW = 10_000;
const MANY = 1_000_000;
/** As many as one round of the worker takes. */
const TAKEN_AT_ONCE = 100;
const TAKES_A_ROUND = 5;
const TURNS = { rounds: 15, warmUps: 3 };
const DUE = TAKEN_AT_ONCE * TAKES_A_ROUND * (TURNS.rounds + TURNS.warmUps);

export const dueWork: Row = {
  id: 'due-work',
  work: 'claiming due work, 1,000,000 connections against 10,000',
  wants: [{ figure: '1,000,000 to 10,000', unit: 'ratio', target: { kind: 'at_most', value: 1.5 } }],
  costs: 'about 4 min, most of them to write a million sealed rows, and 2 GB of disk until it is done',
  async measure(bench) {
    const few = await openCredentials(bench, FEW);
    const many = await openCredentials(bench, MANY);
    const rates = await takeTurns(
      [taking('of 1,000,000 connections', many), taking('baseline: of 10,000 connections', few)],
      TURNS,
    );
    const [ofMany, ofFew] = rates;
    return {
      figures: [ratioFigure('1,000,000 to 10,000', [ofMany, ofFew], 'time'), ...rates.map(spanFigure)],
      notes: [`one claim takes ${TAKEN_AT_ONCE} due connections and is durable when it returns`],
    };
  },
};

async function openCredentials(bench: Bench, connections: number): Promise<CredentialStore> {
  const { database } = await fillStore(bench, { connections, due: DUE, providerUrl: NOWHERE });
  const { sqlite } = await moduleOf(bench.installed, 'sqlite');
  const { SYSTEM } = await moduleOf(bench.installed, 'world');
  const store = await sqlite(database)(SYSTEM);
  bench.onEnd(() => store.close());
  return store.credentials;
}

function taking(name: string, credentials: CredentialStore) {
  const work = async (count: number): Promise<number> => {
    for (let done = 0; done < count; done += 1) {
      const taken = await credentials.takeDue({ againAtMs: Date.now() + 3_600_000, limit: TAKEN_AT_ONCE });
      if (taken.length !== TAKEN_AT_ONCE) throw new Error(`${name}: only ${taken.length} were due.`);
    }
    return count;
  };
  return { name, work, count: TAKES_A_ROUND };
}
