import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ForcedRenewal, Outage } from './evidence.ts';
import { waitingIn } from './gather.ts';
import type { KippuNode } from './node.ts';
import type { Act, HandoverKind } from './plan.ts';
import { connectionOf } from './played.ts';
import type { ProviderProcess } from './provider.ts';
import type { Records } from './records.ts';
import { homePathOf, kippuCommand, type Stage } from './stage.ts';

/** What became of the answers that waited in the spool of a node when it was given up. */
export interface Handover {
  readonly node: string;
  readonly by: HandoverKind;
  /** The attempts that they answer. */
  readonly attempts: readonly string[];
  /** Of those that only its spool had, what `kippu doctor`, asked elsewhere, never named the node for. */
  readonly unnamed: readonly string[];
}

export interface HandoverTargets {
  readonly stage: Stage;
  readonly provider: ProviderProcess;
  readonly nodes: readonly KippuNode[];
  readonly outages: Outage[];
  readonly handles: readonly string[];
  readonly forced: ForcedRenewal[];
  readonly records: Records;
}

type GiveUp = Extract<Act, { kind: 'give_up' }>;

const UP_PATIENCE_MS = 20_000;
const DELAY_MS = 1200;
const DELAYED = 20;
const RENEWED = 8;
const UNDER_WAY_MS = 900;
/** How long the way stays cut, for answers to come meanwhile. */
const CUT_MIN_MS = 2500;
const CUT_MAX_MS = 8000;
/** Somebody looks after the alarm, and again. */
const DOCTOR_PATIENCE_MS = 40_000;
const DOCTOR_EVERY_MS = 3000;
const ARRIVES_MS = 1000;
const BRINGING_PATIENCE_MS = 30_000;

/**
 * A node dies for good while its spool holds answers that the database lacks: the way to it was cut when they came. An
 * operator learns of it from `kippu doctor`, and hands the spool over as docs/operations.md says. Another machine is ready then
 * to be started under its name. `undefined`: the node was not there.
 */
export async function giveUp({ who, how, by }: GiveUp, targets: HandoverTargets): Promise<Handover | undefined> {
  const { stage, provider, nodes, outages, records } = targets;
  const node = nodes.find(({ name }) => name === who);
  if (node === undefined || !(await comes(() => node.isUp, UP_PATIENCE_MS)) || node.running === undefined)
    return undefined;
  const { home } = node;
  await comes(
    () => provider.order({ endpoint: 'token', fault: 'delay', delay_ms: DELAY_MS, count: DELAYED }),
    UP_PATIENCE_MS,
    500,
  );
  const renewing = renewSome(node, targets);
  await sleep(UNDER_WAY_MS);
  const fromMs = Date.now();
  const makeGood = stage.database.server?.cut(who, how);
  await sleep(CUT_MIN_MS);
  await comes(() => waitingIn(stage, home).length > 0, CUT_MAX_MS - CUT_MIN_MS);
  await stage.processes.kill(node.running);
  makeGood?.();
  outages.push({ node: who, how, fromMs, toMs: Date.now() });
  await renewing;
  const attempts = waitingIn(stage, home);
  // The machine that takes its place has nothing of the old one.
  node.moveTo(nextHome(home));
  // What was on its way to the database when the node died may still have come there.
  await sleep(ARRIVES_MS);
  const isNamed = (await lackedOf(attempts, records)).length === 0 || (await isNamedByDoctor(home, stage));
  // What came to nothing while the operator waited is none of doctor's business any more.
  const unnamed = isNamed ? [] : await lackedOf(attempts, records);
  await (by === 'files' ? handFiles(home, targets) : startWorker(home, stage));
  return { node: home, by, attempts, unnamed };
}

/**
 * Of these attempts, those whose answers would still change something, and why. A connection that has got a newer pair since, by
 * another process's answer or its user's consent, or that was revoked, has no use for an older one.
 */
async function lackedOf(ids: readonly string[], records: Records): Promise<readonly string[]> {
  const connections = new Map((await records.connections()).map((connection) => [connection.id, connection]));
  const attempts = (await records.attempts()).filter(({ id }) => ids.includes(id));
  return attempts.flatMap(({ id, connectionId, version, outcome, error }) => {
    const connection = connections.get(connectionId);
    if (connection === undefined || outcome === 'renewed') return [];
    if (connection.version !== version || connection.state === 'revoked') return [];
    const { handle, state, reason, openAttempt } = connection;
    return [
      `${handle} is ${state} (${reason ?? '-'}), version ${version}; ${id} is ${outcome ?? 'open'} (${error ?? '-'}), and open is ${openAttempt ?? 'none'}`,
    ];
  });
}

/** So that answers are on their way. */
async function renewSome(node: KippuNode, { handles, forced, stage }: HandoverTargets): Promise<void> {
  const step = Math.max(1, Math.floor(handles.length / RENEWED));
  const some = handles.filter((_, index) => index % step === 0);
  await Promise.all(
    some.map(async (handle) => {
      const fromMs = Date.now();
      // It is to be killed under the call.
      await node.call('POST', `/v1/connections/${connectionOf(stage.played, handle)}/renew`).catch(() => undefined);
      forced.push({ handle, fromMs, toMs: Date.now() });
    }),
  );
}

function nextHome(home: string): string {
  const [name = home, number = '1'] = home.split('-');
  return `${name}-${Number(number) + 1}`;
}

/** Asked at a machine that is nobody's node. */
async function isNamedByDoctor(home: string, stage: Stage): Promise<boolean> {
  const nodeId = readFileSync(join(homePathOf(stage, home), 'node-id'), 'utf8').trim();
  return comes(
    async () => {
      const command = ['doctor', '--json'];
      const doctor = stage.processes.start({
        ...kippuCommand(stage, { name: 'operator', home: 'terminal', command }),
        wantsOutput: true,
      });
      let said = '';
      doctor.child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
      await doctor.ended;
      return findingsOf(said).some(({ check, facts }) => check === 'answers_elsewhere' && facts['nodeId'] === nodeId);
    },
    DOCTOR_PATIENCE_MS,
    DOCTOR_EVERY_MS,
  );
}

interface SaidFinding {
  readonly check: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** None of one that was ended before it had said all. */
function findingsOf(said: string): readonly SaidFinding[] {
  try {
    return (JSON.parse(said) as { readonly findings: readonly SaidFinding[] }).findings;
  } catch {
    return [];
  }
}

/** The files of its spool, into the spool of a node that lives. */
async function handFiles(home: string, { stage, nodes }: HandoverTargets): Promise<void> {
  const heir = nodes.find((node) => node.isUp) ?? nodes.find((node) => nextHome(home) !== node.home);
  if (heir === undefined) throw new Error('there is nobody to hand a spool to');
  const [from, to] = [home, heir.home].map((one) => join(homePathOf(stage, one), 'spool')) as [string, string];
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const file of existsSync(from) ? readdirSync(from) : []) copyFileSync(join(from, file), join(to, file));
  throwAway(home, stage);
}

/** A worker with the whole data directory, on another machine, until nothing waits there. */
async function startWorker(home: string, stage: Stage): Promise<void> {
  const rescued = `rescued-${home}`;
  renameSync(homePathOf(stage, home), homePathOf(stage, rescued));
  const command = ['up', '--no-sandbox', '--no-server'];
  for (let tries = 0; tries < 10; tries += 1) {
    const worker = stage.processes.start(kippuCommand(stage, { name: rescued, home: rescued, command }));
    await comes(() => worker.isOver || waitingIn(stage, rescued).length === 0, BRINGING_PATIENCE_MS);
    // A round of its chores, in which it says that nothing waits.
    await comes(() => worker.isOver, 7000);
    if (worker.isOver) continue;
    worker.signal('SIGTERM');
    await worker.ended;
    break;
  }
  throwAway(rescued, stage);
}

/** Only what was handed over counts from now on. */
function throwAway(home: string, stage: Stage): void {
  renameSync(homePathOf(stage, home), join(stage.disk.path, `gone-${home}`));
}

async function comes(look: () => boolean | Promise<boolean>, patienceMs: number, everyMs = 100): Promise<boolean> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    if (await look()) return true;
    if (Date.now() > untilMs) return false;
    await sleep(everyMs);
  }
}
