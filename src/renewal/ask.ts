import { identityRequest, readIdentity, saysWho } from '../protocol/identity.ts';
import { introspectionRequest, readIntrospection } from '../protocol/introspection.ts';
import { sendAsClient, sendWithToken } from '../protocol/signed-request.ts';
import type { SeenWithApp } from './need.ts';
import { openTokens } from './open-tokens.ts';
import type { RenewalPorts } from './ports.ts';
import { mayIntrospect } from './resolve.ts';

/**
 * Finds out whether an unanswered renewal was handled, without presenting the refresh token. `false`: nobody can say, and
 * the question is asked again at a later look.
 */
export async function ask(seen: SeenWithApp, ports: RenewalPorts): Promise<boolean> {
  if (seen.credential.openAttempt === undefined) return true;
  return mayIntrospect(seen.app) ? introspect(seen, ports) : tryAccess(seen, ports);
}

/**
 * Where a renewal kills the old access token at once (GitHub, GitLab), that token knows: accepted means not spent, refused
 * means spent or over. It cannot be asked where no call says whose token it is.
 */
async function tryAccess(seen: SeenWithApp, ports: RenewalPorts): Promise<boolean> {
  if (!saysWho(seen.app)) return false;
  const tokens = openTokens(seen, ports);
  const request = identityRequest(seen.app, tokens.accessToken);
  const identity = readIdentity(seen.app, await sendWithToken(request, tokens, ports));
  switch (identity.kind) {
    case 'known':
      await markNotSpent(seen, ports);
      return true;
    case 'token_refused':
      await ports.credentials.noteRefusedAccess(seen.credential.connectionId, seen.credential.version);
      return true;
    case 'unknown':
      return false;
  }
}

/**
 * The provider says what its refresh token is good for (RFC 7662): one that is active was not spent. That it is not active
 * ends nothing: the living access token is served, and the replay after its end is answered with the reason.
 */
async function introspect(seen: SeenWithApp, ports: RenewalPorts): Promise<boolean> {
  const { refreshToken } = openTokens(seen, ports);
  const request = refreshToken && introspectionRequest(seen.app, refreshToken, 'refresh_token');
  if (request === undefined) return false;
  const standing = readIntrospection(await sendAsClient(request, { app: seen.app, proofKey: undefined }, ports));
  if (standing.kind !== 'active') return false;
  await markNotSpent(seen, ports);
  return true;
}

async function markNotSpent({ credential }: SeenWithApp, ports: RenewalPorts): Promise<void> {
  const attempt = credential.openAttempt;
  if (attempt !== undefined)
    await ports.credentials.markNotSpent(credential.connectionId, attempt.id, ports.clock.nowMs());
}
