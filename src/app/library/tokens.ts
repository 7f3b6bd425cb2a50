import type { Access } from '../../model/access-tokens.ts';
import { Secret } from '../../model/secret.ts';
import { callApi } from '../call.ts';
import { findConnection } from '../find-connection.ts';
import * as idTokens from '../id-tokens.ts';
import type { App } from '../open.ts';
import { inMs } from '../option-spans.ts';
import { apiResponse, callOf } from '../web/fetched.ts';

/** An access token that is good now, as {@link Kippu.getAccessToken} gives it. */
export interface AccessToken {
  readonly accessToken: string;
  /** `DPoP`: bound to a key that stays here (RFC 9449), and of use only to {@link Kippu.fetch}. */
  readonly tokenType: string;
  /** The header that carries a static API key, where that is not `Authorization: Bearer`. */
  readonly header?: string | undefined;
  /** Milliseconds since the epoch; absent: it does not end by time, or nobody knows. */
  readonly expiresAt: number | undefined;
  readonly scopes: readonly string[];
  readonly version: number;
}

/** An ID token that has passed its checks, as {@link Kippu.getIdToken} gives it. */
export interface IdToken {
  readonly idToken: string;
  /**
   * What it says, after its checks. `iat` is when it was issued; `auth_time`, where it is there, when the user last signed
   * in, which no renewal changes.
   */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** How fresh the ID token must be. */
export interface GetIdTokenOptions {
  /** Seconds since it was issued (`iat`): an older one is renewed. Less than 60 counts as 60. */
  readonly maxAge?: number | undefined;
}

/** How good the access token must be. */
export interface GetAccessTokenOptions {
  /** Seconds that the token must still live; more than half of its life counts as half. */
  readonly minTtl?: number | undefined;
  /** A token that the provider has just answered with 401: you get another one. */
  readonly refused?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What needs no look at the store, because it is good and in memory. */
export function knownAccessToken(
  connection: string,
  { minTtl, refused }: GetAccessTokenOptions,
  app: App,
): AccessToken | undefined {
  if (refused !== undefined) return undefined;
  const known = app.tokens.known(connection, inMs(minTtl, 'minTtl'));
  return known === undefined ? undefined : handedOut(known);
}

export async function getAccessToken(
  connection: string,
  { minTtl, refused, signal }: GetAccessTokenOptions,
  app: App,
): Promise<AccessToken> {
  const minTtlMs = inMs(minTtl, 'minTtl');
  const { id } = await findConnection(connection, app);
  const need = {
    ...(minTtlMs === undefined ? {} : { minTtlMs }),
    ...(refused === undefined ? {} : { refused: new Secret(refused) }),
  };
  return handedOut(await app.tokens.get(id, need, { signal }));
}

export async function getIdToken(connection: string, { maxAge }: GetIdTokenOptions, app: App): Promise<IdToken> {
  const maxAgeMs = inMs(maxAge, 'maxAge');
  const { id } = await findConnection(connection, app);
  const need = maxAgeMs === undefined ? {} : { maxAgeMs };
  const { idToken, claims } = await idTokens.getIdToken(id, need, app);
  return { idToken: idToken.reveal(), claims: claims.all, expiresAt: claims.expiresAtMs };
}

export async function fetchAs(connection: string, url: string, init: RequestInit, app: App): Promise<Response> {
  const { id } = await findConnection(connection, app);
  return apiResponse(await callApi(id, await callOf(url, init), { ...app.renewal, tokens: app.tokens }));
}

function handedOut({ accessToken, tokenType, carrier, expiresAtMs, scopes, version }: Access): AccessToken {
  const handed = { accessToken: accessToken.reveal(), tokenType, expiresAt: expiresAtMs, scopes, version };
  return carrier === undefined ? handed : { ...handed, header: carrier.header };
}
