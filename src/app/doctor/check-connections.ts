import { DAY_MS } from '../../model/clock.ts';
import { isRenewable, type Connection, type ConnectionState } from '../../model/connection.ts';
import type { Store } from '../../model/store.ts';
import type { Named } from '../../model/survey-store.ts';
import { outlookOf } from '../../posts/outlook.ts';
import type { ProviderApp } from '../../providers/provider-app.ts';
import { checkCrowds, checkEndless, checkRenewable, checkTesting } from './check-grants.ts';
import { NAMES_MAX, type Finding, type OneByOne } from './finding.ts';

/** What needs a look at each connection is looked for in so many; everybody who waits for the diagnosis waits for it. */
export const LOOKED_AT_MAX = 20_000;
const PAGE_ROWS = 1000;
const SOON_MS = 7 * DAY_MS;

/**
 * What is the matter with connections. Whom somebody has to do something for now is asked of the store, over all of them;
 * what is a matter of looking ahead, or of how apps are set up, is looked for in the first {@link LOOKED_AT_MAX}.
 */
export async function checkConnections(
  store: Store,
  apps: readonly ProviderApp[],
  nowMs: number,
): Promise<readonly Finding[]> {
  const counts = await store.connections.countByState();
  const inState = async (state: ConnectionState): Promise<Named> => {
    const { items } = await store.connections.list({ state, limit: NAMES_MAX });
    // A moment lies between the two.
    return { names: items.map(({ name }) => name), count: Math.max(counts[state], items.length) };
  };
  const connections = await firstConnections(store);
  const count = Object.values(counts).reduce((sum, one) => sum + one, 0);
  return [
    { kind: 'connections', level: 'ok', counts },
    ...someFinding('consent_needed', await inState('reauth_required')),
    ...someFinding('connections_uncertain', await inState('uncertain')),
    ...endingSoon(connections, nowMs),
    ...checkCrowds(connections, apps),
    ...checkEndless(connections, apps),
    ...checkRenewable(connections, apps),
    ...checkTesting(connections, apps),
    ...(await checkIdTokens(connections, store)),
    ...someFinding('reuse_suspected', await store.survey.endedByReuse({ namesMax: NAMES_MAX })),
    ...(await checkComing(connections, store)),
    ...someFinding('orphans', await store.survey.withOrphans({ namesMax: NAMES_MAX })),
    ...(connections.length < LOOKED_AT_MAX || count <= connections.length
      ? []
      : [{ kind: 'connections_beyond', level: 'skipped', lookedAt: connections.length, count } as const]),
  ];
}

function someFinding(
  kind: 'consent_needed' | 'connections_uncertain' | 'reuse_suspected' | 'orphans',
  named: Named,
): Finding[] {
  return named.names.length === 0 ? [] : [{ kind, level: 'warning', ...named }];
}

async function firstConnections({ connections }: Store): Promise<readonly Connection[]> {
  const all: Connection[] = [];
  let cursor: string | undefined;
  do {
    const page = await connections.list({ limit: PAGE_ROWS, ...(cursor === undefined ? {} : { cursor }) });
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && all.length < LOOKED_AT_MAX);
  return all;
}

/** Of findings with a sentence for each connection, so many are said; of the rest, how many they are. */
const SENTENCES_MAX = 20;

type AboutOne = Extract<Finding, { kind: OneByOne }>;

function firstOf(findings: readonly AboutOne[]): Finding[] {
  const [first] = findings;
  if (first === undefined || findings.length <= SENTENCES_MAX) return [...findings];
  const rest: Finding = { kind: 'more', level: 'warning', of: first.kind, count: findings.length - SENTENCES_MAX };
  return [...findings.slice(0, SENTENCES_MAX), rest];
}

/** The next to end first. */
function endingSoon(connections: readonly Connection[], nowMs: number): Finding[] {
  const ending = connections.flatMap((connection) => {
    const { state, name } = connection;
    const atMs = isRenewable(connection) ? connection.refreshExpiresAtMs : connection.accessExpiresAtMs;
    return state === 'active' && atMs !== undefined && atMs < nowMs + SOON_MS ? [{ name, atMs }] : [];
  });
  return firstOf(
    ending
      .sort((one, other) => one.atMs - other.atMs)
      .map(({ name, atMs }) => ({ kind: 'consent_needed_soon', level: 'warning', name, atMs })),
  );
}

/** Whose renewals work, and bring ID tokens that do not pass their checks. */
async function checkIdTokens(connections: readonly Connection[], { idTokens }: Store): Promise<Finding[]> {
  const names = new Map(connections.map(({ id, name }) => [id, name]));
  const refused = await idTokens.refused(LOOKED_AT_MAX);
  return firstOf(
    refused.map(({ connectionId, reason }) => ({
      kind: 'id_token_refused',
      level: 'warning',
      name: names.get(connectionId) ?? connectionId,
      reason,
    })),
  );
}

/** Connections whose consent will be over when their next post is due. */
async function checkComing(connections: readonly Connection[], { schedules, credentials }: Store): Promise<Finding[]> {
  const known = new Map(connections.map((connection) => [connection.id, connection]));
  const findings: AboutOne[] = [];
  for (const { connectionId, atMs: postAtMs } of await schedules.upcoming({ limit: LOOKED_AT_MAX })) {
    const connection = known.get(connectionId);
    if (connection === undefined || !mayEndBy(connection, postAtMs)) continue;
    const credential = await credentials.read(connectionId);
    const outlook = credential === undefined ? undefined : outlookOf(credential, postAtMs);
    if (outlook?.kind !== 'ends_before') continue;
    const { name } = connection;
    findings.push({ kind: 'consent_ends_before_post', level: 'warning', name, atMs: outlook.endsAtMs, postAtMs });
  }
  return firstOf(findings);
}

/** Of most, the end that a connection shows says enough, and nobody has to read the credential. */
function mayEndBy({ hasRefreshToken, refreshExpiresAtMs, accessExpiresAtMs }: Connection, atMs: number): boolean {
  const endsAtMs = hasRefreshToken ? refreshExpiresAtMs : accessExpiresAtMs;
  return endsAtMs !== undefined && endsAtMs <= atMs;
}
