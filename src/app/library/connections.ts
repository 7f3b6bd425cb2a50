import type { Connection as StoredConnection, ConnectionState } from '../../model/connection.ts';
import type { ConnectionQuery } from '../../model/connection-store.ts';
import { findConnection, importTokens as takeIn, revokeConnection } from '../connections.ts';
import type { App } from '../open.ts';
import { renewConnection } from '../renewing.ts';
import * as withoutUser from '../without-user.ts';
import { connectionView, type Connection } from './connection-view.ts';

/** An app that connects itself, without a user. */
export interface ConnectAppOptions {
  /** The provider's id. */
  readonly provider: string;
  /** Default `PROVIDER:app`. */
  readonly name?: string | undefined;
  readonly owner?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Id or name of an app-only connection: asked for anew for that one. */
  readonly connection?: string | undefined;
}

/** A static key of an API, and how it is sent there. */
export interface ImportApiKeyOptions {
  /** The provider's id. */
  readonly provider: string;
  readonly apiKey: string;
  /** Default `PROVIDER:key`. */
  readonly name?: string | undefined;
  readonly owner?: string | undefined;
  /** As in `X-Api-Key`. Default: as the provider's data say, else `Authorization`. */
  readonly header?: string | undefined;
  /** As in `Bearer`; empty: the key stands alone. */
  readonly scheme?: string | undefined;
  /** Milliseconds since the epoch, or ISO 8601. Absent: it has no end that anybody knows. */
  readonly expiresAt?: number | string | undefined;
  /** Id or name of a connection with a static key: it is replaced. */
  readonly connection?: string | undefined;
}

/** Tokens that another program obtained. It must not renew them any more: a refresh token works once. */
export interface ImportTokensOptions {
  /** The provider's id. */
  readonly provider: string;
  readonly accessToken?: string | undefined;
  readonly refreshToken?: string | undefined;
  readonly idToken?: string | undefined;
  /** Milliseconds since the epoch, or ISO 8601. */
  readonly expiresAt?: number | string | undefined;
  /** Milliseconds since the epoch, or ISO 8601. */
  readonly refreshExpiresAt?: number | string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** The provider's id of the user; asked for where it is not given. */
  readonly subject?: string | undefined;
  /** Default `provider:handle`. */
  readonly name?: string | undefined;
  readonly owner?: string | undefined;
}

/** Which connections; what is left out does not matter. */
export interface ConnectionFilter {
  readonly owner?: string | undefined;
  readonly provider?: string | undefined;
  readonly state?: ConnectionState | undefined;
}

/** How far a revocation goes. */
export interface RevokeOptions {
  /** `true`: only here; the provider keeps the grant. */
  readonly localOnly?: boolean | undefined;
}

export async function connectApp(wish: ConnectAppOptions, app: App): Promise<Connection> {
  return freshView(await withoutUser.connectApp(wish, app), app);
}

export async function importApiKey(
  { apiKey, header, scheme, expiresAt, ...wish }: ImportApiKeyOptions,
  app: App,
): Promise<Connection> {
  const request = {
    ...wish,
    api_key: apiKey,
    api_key_header: header,
    api_key_scheme: scheme,
    expires_at: inSeconds(expiresAt),
  };
  return freshView(await withoutUser.importKey(request, app), app);
}

export async function importTokens(options: ImportTokensOptions, app: App): Promise<Connection> {
  const { provider, name, owner, subject, scopes } = options;
  const request = {
    provider,
    name,
    owner,
    subject,
    access_token: options.accessToken,
    refresh_token: options.refreshToken,
    id_token: options.idToken,
    expires_at: inSeconds(options.expiresAt),
    refresh_token_expires_at: inSeconds(options.refreshExpiresAt),
    scope: scopes?.join(' '),
  };
  return freshView(await takeIn(request, app), app);
}

/** By id, page after page; what is made meanwhile may or may not be among them. */
export async function* listConnections(
  filter: ConnectionFilter,
  openApp: () => Promise<App>,
): AsyncGenerator<Connection> {
  const app = await openApp();
  let cursor: string | undefined;
  do {
    const page = await app.store.connections.list(queryOf(filter, cursor));
    for (const connection of page.items) yield connectionView(connection);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

export async function readConnection(idOrName: string, app: App): Promise<Connection> {
  return connectionView(await findConnection(idOrName, app));
}

export async function renew(idOrName: string, app: App): Promise<Connection> {
  return connectionView(await renewConnection(idOrName, app));
}

export async function revoke(idOrName: string, { localOnly = false }: RevokeOptions, app: App): Promise<Connection> {
  return connectionView(await revokeConnection(idOrName, { localOnly }, app));
}

const PAGE = 100;

/** The store's query tells "not asked for" from "asked for, and empty". */
function queryOf({ owner, provider, state }: ConnectionFilter, cursor: string | undefined): ConnectionQuery {
  return {
    limit: PAGE,
    ...(owner === undefined ? {} : { owner }),
    ...(provider === undefined ? {} : { provider }),
    ...(state === undefined ? {} : { state }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

async function freshView({ id }: StoredConnection, app: App): Promise<Connection> {
  return connectionView(await findConnection(id, app));
}

/** What the use cases read is seconds, as the wire has them. */
function inSeconds(instant: number | string | undefined): number | string | undefined {
  return typeof instant === 'number' ? instant / 1000 : instant;
}
