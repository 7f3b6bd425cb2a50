import { identityRequest, readIdentity, saysWho } from '../protocol/identity.ts';
import type { SeenWithApp } from './need.ts';
import { openTokens } from './open-tokens.ts';
import type { RenewalPorts } from './ports.ts';

/**
 * Where a renewal kills the old access token at once (GitHub, GitLab), that token knows whether an unanswered renewal
 * was handled: accepted means not spent, refused means spent or over. `false`: the answer says neither, and the question
 * is asked again at a later look.
 */
export async function ask(seen: SeenWithApp, ports: RenewalPorts): Promise<boolean> {
  const { credential, app } = seen;
  const attempt = credential.openAttempt;
  if (attempt === undefined) return true;
  if (!saysWho(app)) return false;
  const { accessToken } = openTokens(seen, ports);
  const identity = readIdentity(app, await ports.http.send(identityRequest(app, accessToken)));
  switch (identity.kind) {
    case 'known':
      await ports.credentials.markNotSpent(credential.connectionId, attempt.id, ports.clock.nowMs());
      return true;
    case 'token_refused':
      await ports.credentials.noteRefusedAccess(credential.connectionId, credential.version);
      return true;
    case 'unknown':
      return false;
  }
}
