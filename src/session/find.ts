import { KippuError } from '../model/errors.ts';
import { cookiesOf, groupsIn } from './cookie-jar.ts';
import type { RequestFacts, SessionPorts } from './ports.ts';
import type { OpenedCookie } from './signed-in.ts';

/**
 * The sessions that a request brings, the latest sign-in first. What does not open (sealed with a key that is gone,
 * altered, pasted from elsewhere) or belongs to an app that is no longer configured is no session.
 */
export function sessionsIn(
  { headers }: RequestFacts,
  ports: Pick<SessionPorts, 'cookies' | 'rules' | 'apps'>,
): OpenedCookie[] {
  const opened = groupsIn(cookiesOf(headers), ports.rules).flatMap((group) => {
    try {
      return [ports.cookies.open(group)];
    } catch (error) {
      if (error instanceof KippuError && error.code === 'unreadable') return [];
      throw error;
    }
  });
  return opened
    .filter(({ group, session }) => ports.apps.get(session.appId)?.provider.id === group.provider)
    .sort((one, other) => other.session.signedInAtMs - one.session.signedInAtMs);
}
