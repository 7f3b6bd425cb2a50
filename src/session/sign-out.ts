import type { ConnectionId } from '../model/ids.ts';
import { factsOf } from './access.ts';
import { clearLines, cookiesOf } from './cookie-jar.ts';
import { sessionsIn } from './find.ts';
import type { RequestFacts, SessionPorts } from './ports.ts';

/** Which of a browser's sessions are meant. */
export interface SessionChoice {
  /** Absent: those at every provider. */
  readonly provider: string | undefined;
  readonly except?: ConnectionId | undefined;
}

/**
 * Ends the browser's sessions at a provider, or all of them, and gives the lines that clear their cookies. A renewal
 * that is under way for one of them brings nothing back: what arrives is revoked.
 */
export async function endSessions(
  request: RequestFacts,
  { provider, except }: SessionChoice,
  ports: SessionPorts,
): Promise<string[]> {
  const cookies = cookiesOf(request.headers);
  const own = sessionsIn(request, ports).filter(
    ({ group, session }) => (provider === undefined || group.provider === provider) && session.id !== except,
  );
  for (const { session } of own) await ports.renewals?.sessions.end(factsOf(session));
  return own.flatMap(({ group }) => clearLines(group, cookies, ports.rules));
}

/** Whether a session was signed out, as far as anybody here knows. */
export async function isOver(id: ConnectionId, { renewals }: SessionPorts): Promise<boolean> {
  return (await renewals?.sessions.read(id))?.state === 'revoked';
}
