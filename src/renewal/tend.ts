import { assertNever } from '../model/assert-never.ts';
import { HOUR_MS, MINUTE_MS } from '../model/clock.ts';
import type { StoredCredential } from '../model/credential-store.ts';
import type { ConnectionId } from '../model/ids.ts';
import { dueWarning, earliest, endWithoutRefreshAtMs, nextDueAtMs, nextWarningAtMs, type AheadFacts } from './ahead.ts';
import type { Flights } from './flights.ts';
import { isRenewable, overAs } from './foundations.ts';
import type { Renewal } from './need.ts';
import type { RenewalPorts } from './ports.ts';
import { revokeOrphans } from './revoke-orphans.ts';

/** A look at a due connection is repeated after this if its worker dies on the way. */
const VISIBILITY_MS = MINUTE_MS;
const BATCH = 100;

/** Where one bad row is reported; it never stops the others. */
export type ReportProblem = (id: ConnectionId, error: unknown) => void;

/** Looks at every connection that is due. Gives how many there were. */
export async function tendDue(flights: Flights, ports: RenewalPorts, report: ReportProblem): Promise<number> {
  const ids = await ports.credentials.takeDue({ againAtMs: ports.clock.nowMs() + VISIBILITY_MS, limit: BATCH });
  await Promise.all(
    ids.map(async (id) => {
      try {
        await tend(id, flights, ports);
      } catch (error) {
        report(id, error);
      }
    }),
  );
  return ids.length;
}

/**
 * What a due connection may need: the end of an uncertainty, an early renewal, the end of a grant without a refresh
 * token, a warning; then its next moment is set.
 */
export async function tend(id: ConnectionId, flights: Flights, ports: RenewalPorts): Promise<void> {
  const renewal = await flights.ask(id, { kind: 'ahead' });
  const credential = await ports.credentials.read(id);
  if (credential === undefined) return;
  const nowMs = ports.clock.nowMs();
  switch (credential.state) {
    case 'revoked':
      return setDue(credential, (await revokeOrphans(id, ports)) ? undefined : nowMs + REVOKE_AGAIN_MS, ports);
    case 'reauth_required':
      return setDue(credential, undefined, ports);
    case 'active':
    case 'uncertain':
      return setDue(credential, await lookAhead(credential, renewal, ports), ports);
    default:
      return assertNever(credential.state);
  }
}

const REVOKE_AGAIN_MS = 10 * MINUTE_MS;

/** Ends or warns, if it is time for that; gives the next moment at which there is something to do. */
async function lookAhead(
  credential: StoredCredential,
  renewal: Renewal,
  ports: RenewalPorts,
): Promise<number | undefined> {
  const { connectionId, version } = credential;
  const nowMs = ports.clock.nowMs();
  const app = ports.apps.get(credential.providerAppId);
  if (app === undefined) return nowMs + HOUR_MS;
  const facts: AheadFacts = { ...credential, isRenewable: isRenewable(credential) };
  const endMs = endWithoutRefreshAtMs(facts);
  if (endMs !== undefined && nowMs >= endMs) {
    await ports.credentials.endGrant(connectionId, version, overAs(credential));
    return undefined;
  }
  const warning = dueWarning(facts, nowMs);
  if (warning !== undefined) {
    await ports.credentials.warnReauthSoon(connectionId, {
      daysBefore: warning.daysBefore,
      refreshExpiresAtMs: warning.endsAtMs,
    });
  }
  const obstacleMs = obstacleUntilMs(renewal, nowMs);
  return obstacleMs === undefined
    ? nextDueAtMs(facts, app.provider, nowMs)
    : earliest(obstacleMs, nextWarningAtMs(facts, nowMs));
}

/** Only if nobody has set it, claimed, or moved the credential since it was read: whoever did set the moment that counts. */
async function setDue(credential: StoredCredential, dueAtMs: number | undefined, ports: RenewalPorts): Promise<void> {
  await ports.credentials.setDue(
    credential,
    dueAtMs === undefined ? undefined : Math.max(dueAtMs, ports.clock.nowMs() + 1),
  );
}

/** Until when there is no point in trying again what was due. */
function obstacleUntilMs(renewal: Renewal, nowMs: number): number | undefined {
  switch (renewal.kind) {
    case 'uncertain':
    case 'unavailable':
      return renewal.retryAtMs;
    case 'wait':
    case 'misconfigured':
      return nowMs + MINUTE_MS;
    default:
      return undefined;
  }
}
