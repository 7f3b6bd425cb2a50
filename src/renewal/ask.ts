import { identityRequest, readIdentity } from '../protocol/identity.ts';
import { sendWithToken } from '../protocol/signed-request.ts';
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
  const tokens = openTokens(seen, ports);
  const request = identityRequest(app, tokens.accessToken);
  const identity = readIdentity(app, await sendWithToken(request, tokens, ports));
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
