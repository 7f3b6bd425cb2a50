import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECOND_MS, type Clock } from '../../model/clock.ts';
import type { Attempt } from '../../model/credential-store.ts';
import type { NodeId } from '../../model/ids.ts';
import type { Store } from '../../model/store.ts';
import type { Finding } from './finding.ts';

/** A node that lives, reaches the database and has nothing waiting says so every five seconds. */
const SILENT_MS = 15 * SECOND_MS;
/** How many connections are looked at one by one. */
const LOOKED_AT_MAX = 1000;

interface Doubt {
  readonly nodeId: NodeId;
  readonly name: string;
}

/**
 * Attempts that nobody here has an answer of, and whose senders have not said since that nothing waits in their spools: the
 * answer may lie there, and there alone. A node that lives brings it by itself; what one holds that is gone, somebody has to
 * bring.
 */
export async function checkAnswersElsewhere(
  store: Pick<Store, 'connections' | 'credentials' | 'home'>,
  { home, clock }: { readonly home: string; readonly clock: Clock },
): Promise<Finding[]> {
  const doubts = await openElsewhere(store, nodeIdIn(home));
  const findings: Finding[] = [];
  for (const [nodeId, ofNode] of Map.groupBy(doubts, (doubt) => doubt.nodeId)) {
    const heardAtMs = await store.home.spoolEmptyAtMs(nodeId);
    if (heardAtMs !== undefined && clock.nowMs() - heardAtMs < SILENT_MS) continue;
    const names = ofNode.map(({ name }) => name);
    findings.push({ kind: 'answers_elsewhere', level: 'warning', nodeId, names, heardAtMs });
  }
  return findings;
}

/** Of other nodes than this one, whose own spool is looked into. */
async function openElsewhere(
  { connections, credentials, home }: Pick<Store, 'connections' | 'credentials' | 'home'>,
  ownId: string | undefined,
): Promise<Doubt[]> {
  const doubts: Doubt[] = [];
  const { items } = await connections.list({ limit: LOOKED_AT_MAX });
  for (const { id, name, state } of items) {
    // One whose attempt nobody has missed yet is active still.
    if (state !== 'active' && state !== 'uncertain') continue;
    const attempt = (await credentials.read(id))?.openAttempt;
    if (attempt === undefined || !mayBringTokens(attempt) || attempt.sender.nodeId === ownId) continue;
    const { nodeId } = attempt.sender;
    const emptyAtMs = await home.spoolEmptyAtMs(nodeId);
    const isKnownEmpty = emptyAtMs !== undefined && emptyAtMs > (attempt.endedAtMs ?? attempt.startedAtMs);
    if (!isKnownEmpty) doubts.push({ nodeId, name });
  }
  return doubts;
}

function mayBringTokens({ purpose, outcome }: Attempt): boolean {
  return purpose !== 'revocation' && (outcome === undefined || outcome === 'unanswered');
}

/** Looked at and not made: without a data directory there is no node here yet. */
function nodeIdIn(home: string): string | undefined {
  try {
    return readFileSync(join(home, 'node-id'), 'utf8').trim();
  } catch {
    return undefined;
  }
}
