import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECOND_MS, type Clock } from '../../model/clock.ts';
import type { Store } from '../../model/store.ts';
import type { RenewalTiming } from '../../renewal/ports.ts';
import { heardForMs } from '../../renewal/resolve.ts';
import { NAMES_MAX, type Finding } from './finding.ts';

/** A node that lives, reaches the database and has nothing waiting says so every five seconds. */
const SILENT_MS = 15 * SECOND_MS;

/**
 * Attempts that nobody here has an answer of, and whose senders have not said since that nothing waits in their spools: the
 * answer may lie there, and there alone. A node that lives brings it by itself; what one holds that is gone, somebody has to
 * bring. The spool of this node is looked into, and needs no guess.
 */
export async function checkAnswersElsewhere(
  { survey }: Pick<Store, 'survey'>,
  { home, clock, timing }: { readonly home: string; readonly clock: Clock; readonly timing: RenewalTiming },
): Promise<Finding[]> {
  const ownId = nodeIdIn(home);
  const nodes = await survey.unanswered({ namesMax: NAMES_MAX, heardForMs: heardForMs(timing) });
  return nodes
    .filter(({ nodeId }) => nodeId !== ownId)
    .filter(({ spoolEmptyAtMs }) => spoolEmptyAtMs === undefined || clock.nowMs() - spoolEmptyAtMs >= SILENT_MS)
    .map(({ nodeId, names, count, spoolEmptyAtMs: heardAtMs }) => ({
      kind: 'answers_elsewhere',
      level: 'warning',
      nodeId,
      names,
      count,
      heardAtMs,
    }));
}

/** Looked at and not made: without a data directory there is no node here yet. */
function nodeIdIn(home: string): string | undefined {
  try {
    return readFileSync(join(home, 'node-id'), 'utf8').trim();
  } catch {
    return undefined;
  }
}
