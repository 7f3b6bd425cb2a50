import { importConnection } from '../../src/connect/import.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import { EPOCH_MS } from './life.ts';
import type { Act } from './plan.ts';
import type { RefreshToken } from './provider-model.ts';
import type { Running } from './simulated-node.ts';
import type { World } from './world.ts';

/** Somebody brings tokens from elsewhere: good ones, or a copy of what this store knows. */
export async function bringTokens(
  world: World,
  { user, brought, knowsSubject }: Extract<Act, { kind: 'import' }>,
  { connect }: Running,
): Promise<string> {
  const tokens = brought === 'fresh' ? freshTokens(world, user) : copyOf(world, user, brought);
  if (tokens === undefined) return 'there is nothing to bring';
  const imported = {
    ...{ app: world.app, owner: '', name: undefined, idToken: undefined },
    ...{ refreshExpiresAtMs: undefined, scopes: undefined, subject: knowsSubject ? user : undefined, ...tokens },
  };
  const { id } = await importConnection(imported, connect);
  if (id !== world.connectionOf(user)) world.journal.name(id, `${user}, once more`);
  if (brought !== 'fresh' && world.oracle.promotedAtMs === undefined)
    world.oracle.accuse(
      'no copy taken over',
      `${(tokens.refreshToken ?? tokens.accessToken)?.reveal()} was ${brought} here, and is imported`,
    );
  return id === world.connectionOf(user) ? 'attached' : 'another connection';
}

interface BroughtTokens {
  readonly accessToken: Secret | undefined;
  readonly accessExpiresAtMs: number | undefined;
  readonly refreshToken: Secret | undefined;
}

/** Another program has had a consent of its own. */
function freshTokens(world: World, user: string): BroughtTokens {
  const { refresh, access, accessLifetimeMs } = world.provider.grant(user, world.scheduler.nowMs);
  const accessExpiresAtMs = EPOCH_MS + world.scheduler.nowMs + accessLifetimeMs;
  const refreshToken = refresh.text === access ? undefined : new Secret(refresh.text);
  return { accessToken: new Secret(access), accessExpiresAtMs, refreshToken };
}

function copyOf(world: World, user: string, which: 'stored' | 'spent'): BroughtTokens | undefined {
  const stored = storedToken(world, world.connectionOf(user));
  const copied = which === 'stored' ? stored : stored?.parent;
  // What nobody here has ever stored is not a copy: of two children of one token, the other may be new here.
  if (copied === undefined || !world.oracle.isKnownHere(copied)) return undefined;
  const text = new Secret(copied.text);
  const accessExpiresAtMs = copied.endsAtMs === undefined ? undefined : EPOCH_MS + copied.endsAtMs;
  return world.provider.provider.renewal === undefined
    ? { accessToken: undefined, accessExpiresAtMs: undefined, refreshToken: text }
    : { accessToken: text, accessExpiresAtMs, refreshToken: undefined };
}

function storedToken(world: World, id: ConnectionId): RefreshToken | undefined {
  const row = world.store.get('select refresh_fingerprint from credentials where connection_id = :id', { id });
  const fingerprint = row?.['refresh_fingerprint'];
  return typeof fingerprint === 'string' ? world.oracle.tokenOf(fingerprint) : undefined;
}
