import { SECOND_MS } from '../../model/clock.ts';
import type { SimEvent } from '../events.ts';
import { hashOf } from '../names.ts';
import { registeredClient } from '../oauth/client-check.ts';
import { mint } from '../oauth/issue.ts';
import { isAlive, type Grant, type Token } from '../state.ts';
import { jsonReply, type SimRequest } from '../wire.ts';
import { accessLifeSeconds, justReply, type Decision, type World } from '../world.ts';
import { badCredentials } from './github-problems.ts';

interface Found {
  readonly token: Token;
  readonly grant: Grant;
}

/** `POST /applications/{client_id}/token`: whether an access token of this app is good, and whose it is. */
export function checkToken(world: World, clientId: string, request: SimRequest): Decision {
  if (authenticated(world, clientId, request) === undefined) return justReply(badCredentials());
  const found = tokenIn(world, clientId, request);
  if (found === undefined) return justReply(jsonReply(404, { message: 'Not Found', status: '404' }));
  return justReply(jsonReply(200, described(world, found)));
}

/**
 * `PATCH /applications/{client_id}/token`: another access token in the place of this one, at once. What becomes of the
 * refresh token that came with it is not documented; here it stays.
 */
export function resetToken(
  world: World,
  { clientId, prefix }: { readonly clientId: string; readonly prefix: string },
  request: SimRequest,
): Decision {
  const met = authenticated(world, clientId, request);
  if (met === undefined) return justReply(badCredentials());
  const found = tokenIn(world, clientId, request);
  if (found === undefined) return justReply(jsonReply(422, { message: 'Validation Failed', status: '422' }));
  const { token, grant } = found;
  const expiresAtMs = token.expiresAtMs === undefined ? undefined : world.nowMs + accessLifeSeconds(world) * SECOND_MS;
  const fresh = mint(world, 'access', { grant, parent: token, expiresAtMs, prefix });
  const events: SimEvent[] = [
    { kind: 'token_revoked', hash: token.hash, atMs: world.nowMs },
    { kind: 'token_issued', token: fresh.token },
  ];
  return {
    events: [...met, ...events],
    reply: jsonReply(200, { ...described(world, { token: fresh.token, grant }), token: fresh.text }),
  };
}

function described(world: World, { token, grant }: Found): object {
  return {
    app: { client_id: grant.clientId },
    user: { login: world.state.users.get(grant.userId)?.handle },
    scopes: grant.scopes,
    created_at: new Date(token.issuedAtMs).toISOString(),
    expires_at: token.expiresAtMs === undefined ? null : new Date(token.expiresAtMs).toISOString(),
  };
}

/**
 * `DELETE …/token` ends that access token; `DELETE …/grant` ends all that its user gave to the app, with every token.
 * Whether the first also ends the refresh token that came with it is not documented; here it does not.
 */
export function changeToken(
  world: World,
  { clientId, what }: { readonly clientId: string; readonly what: 'token' | 'grant' },
  request: SimRequest,
): Decision {
  const met = authenticated(world, clientId, request);
  if (met === undefined) return justReply(badCredentials());
  const found = tokenIn(world, clientId, request);
  if (found === undefined) return justReply(jsonReply(422, { message: 'Validation Failed', status: '422' }));
  const { token, grant } = found;
  const atMs = world.nowMs;
  const events: SimEvent[] =
    what === 'token'
      ? [{ kind: 'token_revoked', hash: token.hash, atMs }]
      : [...world.state.grants.values()]
          .filter((one) => one.clientId === clientId && one.userId === grant.userId && one.end === undefined)
          .map(({ id }) => ({ kind: 'grant_ended', grantId: id, reason: 'revoked_by_client', access: 'ends', atMs }));
  return { events: [...met, ...events], reply: { status: 204, headers: {}, body: '' } };
}

/**
 * HTTP Basic with the app's own id and secret: what becomes known by it, and nothing where it is not right. As at the token
 * endpoint, an app that is registered by being used has the first secret that it is seen with.
 */
function authenticated(world: World, clientId: string, { headers }: SimRequest): readonly SimEvent[] | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(headers['authorization'] ?? '')?.[1] ?? '';
  const [id, ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const client = registeredClient(world, clientId);
  const secretHash = hashOf(rest.join(':'));
  if (id !== clientId || client === undefined) return undefined;
  if (client.kind === 'undecided') return [{ kind: 'client_met', client: { id, kind: 'confidential', secretHash } }];
  return client.secretHash === secretHash ? [] : undefined;
}

function tokenIn(world: World, clientId: string, request: SimRequest): Found | undefined {
  const token = world.state.tokens.get(hashOf(accessTokenIn(request)));
  const grant = token === undefined ? undefined : world.state.grants.get(token.grantId);
  if (token?.kind !== 'access' || !isAlive(token, world.nowMs) || grant?.clientId !== clientId) return undefined;
  return { token, grant };
}

function accessTokenIn({ body }: SimRequest): string {
  try {
    const { access_token: text } = JSON.parse(body) as { readonly access_token?: unknown };
    return typeof text === 'string' ? text : '';
  } catch {
    // Not JSON: then no token is in it, which is what is answered.
    return '';
  }
}
