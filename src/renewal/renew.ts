import { KippuError } from '../model/errors.ts';
import type { ConnectionId } from '../model/ids.ts';
import { ask } from './ask.ts';
import { decide, type Verdict } from './decide.ts';
import { claim, prepare, send, understand } from './exchange.ts';
import { lookAt } from './look.ts';
import type { Need, Renewal } from './need.ts';
import type { RenewalPorts } from './ports.ts';
import { reapplyAnswersFor } from './reapply.ts';
import { conclude, servedOr, settle, type Settled } from './settle.ts';
import type { PutOff } from './turns.ts';

type Renew = Extract<Verdict, { kind: 'renew' }>;

/** Each look that does not end here saw the credential move; so many moves in one call are not moves but a defect. */
const LOOKS_MAX = 50;

/**
 * The renewal. A refresh token is single-use: the provider kills it the moment it handles the request, and its
 * successor exists only in the answer. So: look, decide, wait for a turn at the provider, claim; send once; write down
 * whatever arrives.
 *
 * If this process dies before `claim`, nothing happened. Between `claim` and `settle`, the durable attempt makes the
 * connection `uncertain`, and `resolve.ts` finds out what became of it. After `settle`, the new pair is safe.
 * Waiting, deadlines and callers that share one renewal live in `flights.ts`.
 */
export async function renew(id: ConnectionId, need: Need, ports: RenewalPorts): Promise<Renewal> {
  for (let look = 1; look <= LOOKS_MAX; look += 1) {
    const seen = await lookAt(id, need, ports);
    const verdict = decide(seen, need, { nowMs: ports.clock.nowMs(), timing: ports.timing });
    if (verdict.kind === 'ask') {
      // The old access token may tell whether the unanswered renewal was handled; if it does not, we ask again later.
      if (await ask(verdict.seen, ports)) continue;
      return conclude(verdict.otherwise, seen, ports);
    }
    if (verdict.kind !== 'renew') return conclude(verdict, seen, ports); // still good, or a reason not to
    if (verdict.purpose === 'replay' && (await reapplyAnswersFor(id, ports))) continue; // no answer is asked for twice
    const renewal = await inTurn(verdict, ports);
    if (renewal.kind !== 'look_again') return renewal;
  }
  throw new KippuError(
    'store_unavailable',
    `The connection ${id} moved ${LOOKS_MAX} times during one renewal. Try again.`,
  );
}

/** One exchange, when the provider may be asked. */
async function inTurn(verdict: Renew, ports: RenewalPorts): Promise<Settled> {
  const { seen, need } = verdict;
  const turn = await ports.turns.take({
    app: seen.app.id,
    connection: seen.credential.connectionId,
    need,
    waitMs: ports.timing.deadlineMs,
  });
  if (turn.kind === 'put_off') return servedOr(verdict, putOff(verdict, turn), ports);
  try {
    const exchange = await prepare(verdict, ports);
    const claimed = await claim(exchange, ports); // lease, fence and attempt: one durable statement
    if (claimed === undefined) return { kind: 'look_again' }; // somebody moved it
    // Point of no return: from here the refresh token may be spent.
    const answer = await send(claimed, ports);
    if (answer === undefined) return { kind: 'look_again' }; // we were held up, and let go before the first byte
    const outcome = understand(claimed, answer);
    turn.learn(outcome);
    return await settle(claimed, outcome, ports); // durable before anybody looks at it
  } finally {
    turn.end();
  }
}

function putOff({ purpose }: Renew, { error, retryAtMs }: PutOff): Renewal {
  return purpose === 'replay' ? { kind: 'uncertain', retryAtMs } : { kind: 'unavailable', error, retryAtMs };
}
