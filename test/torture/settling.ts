import { setTimeout as sleep } from 'node:timers/promises';
import type { Operator } from './load/operator.ts';
import type { Users } from './load/users.ts';
import type { KippuNode } from './node.ts';
import type { ProviderProcess } from './provider.ts';
import type { PostRecord, Records } from './records.ts';

const LOOK_EVERY_MS = 500;
const STOP_PATIENCE_MS = 30_000;
const AT_ONCE = 4;
/** How often the operator is called while everything is renewed once more. */
const CALLS_MAX = 5;

export interface SettlingOptions {
  readonly provider: ProviderProcess;
  /** Those that serve. */
  readonly nodes: readonly KippuNode[];
  readonly users: Users;
  readonly operator: Operator;
  readonly records: Records;
  readonly settleMaxMs: number;
  readonly say: (text: string) => void;
  readonly stop: AbortSignal;
}

export interface Settled {
  readonly proofs: ReadonlyMap<string, string>;
  readonly damages: readonly string[];
  /** Servers that did not end in good order when they were asked to. */
  readonly badExits: readonly string[];
}

/** No fault any more: waits for every doubt to end, renews everything once, and ends Kippu in good order. */
export async function settle(options: SettlingOptions): Promise<Settled> {
  const { provider, users, operator, records, settleMaxMs, say, stop } = options;
  await provider.forgetFaults();
  const beganMs = Date.now();
  let open = '';
  while (Date.now() - beganMs < settleMaxMs && !stop.aborted) {
    await operator.look();
    await askForTokens(options);
    open = await whatIsOpen(records, await users.consentWhereNeeded());
    if (open === '') break;
    await sleep(LOOK_EVERY_MS);
  }
  say(`settled after ${Math.round((Date.now() - beganMs) / 1000)} s${open === '' ? '' : `, except: ${open}`}`);
  const proofs = await proveAll(options);
  const badExits = await endNodes(options);
  return { proofs, badExits, damages: await records.damages() };
}

async function whatIsOpen(records: Records, consents: number): Promise<string> {
  const attempts = new Map((await records.attempts()).map((attempt) => [attempt.id, attempt]));
  const uncertain = (await records.connections()).filter(({ state, openAttempt }) => {
    // Refused, and not believed, because so many were refused at once: the operator lets it be asked once more.
    if (openAttempt === null) return state === 'uncertain';
    const attempt = attempts.get(openAttempt ?? '');
    // One whose replay went unanswered, too, waits for a minute and longer: that is told, and not waited for.
    return attempt !== undefined && !(attempt.outcome === 'unanswered' && attempt.replays > 0);
  });
  const posts = (await records.posts()).filter(isPending);
  const facts = { uncertain: uncertain.length, 'to consent': consents, posts: posts.length };
  return Object.entries(facts)
    .flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]))
    .join(', ');
}

/** What will still move by itself soon. What is put off, and the later looks at a timeline, are not waited for. */
function isPending({ status, readBacks, dueAtMs }: PostRecord): boolean {
  const isSoon = dueAtMs !== null && dueAtMs < Date.now() + SOON_MS;
  return status === 'publishing' || (isSoon && (status === 'scheduled' || (status === 'unknown' && readBacks === 0)));
}

const SOON_MS = 7000;

/** Somebody reads every connection: what is only looked at when it is asked for moves on. */
async function askForTokens({ nodes, records }: SettlingOptions): Promise<void> {
  const uncertain = (await records.connections()).filter(({ state, accessExpiresAtMs }) => {
    return state === 'uncertain' && (accessExpiresAtMs ?? 0) < Date.now();
  });
  await Promise.all(
    uncertain.slice(0, AT_ONCE).map(async ({ name }, index) => {
      // Whatever the answer is: the question alone is what matters.
      await nodes[index % nodes.length]?.call('GET', `/v1/connections/${name}/token`).catch(() => undefined);
    }),
  );
}

/**
 * A renewal that the provider grants shows that what is stored is what the provider holds for good. So many may learn now
 * that their users have left that the app is held, as it should be: then the operator is called, and it goes on.
 */
async function proveAll(options: SettlingOptions): Promise<Map<string, string>> {
  const proofs = new Map<string, string>();
  for (let calls = 0; calls < CALLS_MAX; calls += 1) {
    await renewAll(proofs, options);
    if (!(await options.records.isAppHeld())) break;
    await options.operator.look();
  }
  return proofs;
}

async function renewAll(proofs: Map<string, string>, { nodes, records }: SettlingOptions): Promise<void> {
  const waiting = (await records.connections()).filter(
    ({ state, handle, openAttempt }) =>
      (state === 'active' || (state === 'uncertain' && openAttempt === null)) && proofs.get(handle) !== 'renewed',
  );
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, index) => {
      const node = nodes[index % nodes.length];
      for (let one = waiting.pop(); one !== undefined && node !== undefined; one = waiting.pop()) {
        const answer = await node.call('POST', `/v1/connections/${one.name}/renew`).catch((error: unknown) => error);
        proofs.set(one.handle, proofOf(answer));
      }
    }),
  );
}

function proofOf(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null || !('status' in answer) || !('body' in answer))
    return String(answer);
  return answer.status === 200 ? 'renewed' : JSON.stringify(answer.body);
}

/** SIGTERM: no new work, what is under way is settled, and then the process ends by itself. */
async function endNodes({ nodes }: SettlingOptions): Promise<string[]> {
  const bad = await Promise.all(
    nodes.map(async ({ name, running }) => {
      if (running === undefined) return [];
      running.signal('SIGTERM');
      await Promise.race([running.ended, sleep(STOP_PATIENCE_MS, undefined, { ref: false })]);
      return running.child.exitCode === 0
        ? []
        : [`${name}: ${running.child.exitCode ?? running.child.signalCode ?? 'still runs'}`];
    }),
  );
  return bad.flat();
}
