import { connectAppOnly } from '../connect/app-only.ts';
import { importStaticKey } from '../connect/static-key.ts';
import type { Connection, Foundation } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';
import type { TokenCarrier } from '../model/token-set.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { checkName, findApp, parseInstant } from './connections.ts';
import { findConnection } from './find-connection.ts';
import type { App } from './open.ts';

/** Connections that no user stands behind: the app's own token, and static API keys. */

export interface AppOnlyRequest {
  readonly provider: string;
  readonly owner?: string | undefined;
  readonly name?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Id or name: ask anew for this one. */
  readonly connection?: string | undefined;
}

/** Throws `not_found`, `invalid`, `conflict`, `misconfigured`, `unavailable`. */
export async function connectApp(request: AppOnlyRequest, app: App): Promise<Connection> {
  const provider = findApp(request.provider, app);
  if (request.name !== undefined) checkName(request.name);
  const existing = await inPlaceOf(request.connection, { restsOn: 'app', provider }, app);
  const connection = await connectAppOnly(
    {
      app: provider,
      owner: existing?.owner ?? request.owner ?? '',
      name: request.name,
      scopes: request.scopes ?? existing?.scopes ?? [],
      connectionId: existing?.id,
    },
    app.connect,
  );
  app.tokens.forget(connection.id);
  return connection;
}

export interface KeyRequest {
  readonly provider: string;
  readonly owner?: string | undefined;
  readonly name?: string | undefined;
  readonly api_key: string;
  /** Absent: as the provider's data say, else `Authorization: Bearer`. */
  readonly api_key_header?: string | undefined;
  /** Before the key; empty: nothing. */
  readonly api_key_scheme?: string | undefined;
  /** ISO 8601, or seconds since the epoch. */
  readonly expires_at?: string | number | undefined;
  /** Id or name: this one's key is replaced. */
  readonly connection?: string | undefined;
}

/** Throws `not_found`, `invalid`, `conflict`. */
export async function importKey(request: KeyRequest, app: App): Promise<Connection> {
  const provider = findApp(request.provider, app);
  if (request.name !== undefined) checkName(request.name);
  const existing = await inPlaceOf(request.connection, { restsOn: 'key', provider }, app);
  const connection = await importStaticKey(
    {
      app: provider,
      owner: existing?.owner ?? request.owner ?? '',
      name: request.name,
      key: new Secret(request.api_key),
      carrier: carrierOf(request),
      expiresAtMs: parseInstant(request.expires_at, '/expires_at'),
      connectionId: existing?.id,
    },
    app.connect,
  );
  app.tokens.forget(connection.id);
  return connection;
}

/** A header of its own carries the key alone, unless somebody says otherwise. */
function carrierOf({ api_key_header: header, api_key_scheme: scheme }: KeyRequest): TokenCarrier | undefined {
  if (header === undefined && scheme === undefined) return undefined;
  const isUsual = header === undefined || header.toLowerCase() === 'authorization';
  return { header: header ?? 'Authorization', scheme: scheme ?? (isUsual ? 'Bearer' : '') };
}

const NAMES: Readonly<Record<Foundation, string>> = {
  consent: "a user's consent",
  app: 'the app itself',
  key: 'an API key',
};

/** Throws `not_found`, `conflict` for a connection of another provider, or one that rests on something else. */
async function inPlaceOf(
  idOrName: string | undefined,
  { restsOn, provider }: { readonly restsOn: Foundation; readonly provider: ProviderApp },
  app: App,
): Promise<Connection | undefined> {
  if (idOrName === undefined) return undefined;
  const connection = await findConnection(idOrName, app);
  if (connection.provider === provider.provider.id && connection.restsOn === restsOn) return connection;
  throw new KippuError(
    'conflict',
    `${connection.name} is a connection of ${connection.provider} that rests on ${NAMES[connection.restsOn]}. ` +
      `Nothing was changed; leave the connection out, and another one is made.`,
    { where: '/connection' },
  );
}
