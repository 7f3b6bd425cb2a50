import type { Access } from '../../model/access-tokens.ts';
import { Secret } from '../../model/secret.ts';
import { callApi } from '../call.ts';
import { findConnection } from '../connections.ts';
import * as idTokens from '../id-tokens.ts';
import type { App } from '../open.ts';
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
  /** Seconds that the token must still live. */
  readonly minTtl?: number | undefined;
  /** A token that the provider has just answered with 401: you get another one. */
  readonly refused?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function getAccessToken(
  connection: string,
  { minTtl, refused, signal }: GetAccessTokenOptions,
  app: App,
): Promise<AccessToken> {
  const { id } = await findConnection(connection, app);
  const need = {
    ...(minTtl === undefined ? {} : { minTtlMs: minTtl * 1000 }),
    ...(refused === undefined ? {} : { refused: new Secret(refused) }),
  };
  return handedOut(await app.tokens.get(id, need, { signal }));
}

export async function getIdToken(connection: string, { maxAge }: GetIdTokenOptions, app: App): Promise<IdToken> {
  const { id } = await findConnection(connection, app);
  const need = maxAge === undefined ? {} : { maxAgeMs: maxAge * 1000 };
  const { idToken, claims } = await idTokens.getIdToken(id, need, app);
  return { idToken: idToken.reveal(), claims: claims.all, expiresAt: claims.expiresAtMs };
}

export async function fetchAs(connection: string, url: string, init: RequestInit, app: App): Promise<Response> {
  const { id } = await findConnection(connection, app);
  return apiResponse(await callApi(id, await callOf(url, init), { ...app.renewal, tokens: app.tokens }));
}

function handedOut(access: Access): AccessToken {
  return {
    accessToken: access.accessToken.reveal(),
    tokenType: access.tokenType,
    ...(access.carrier === undefined ? {} : { header: access.carrier.header }),
    expiresAt: access.expiresAtMs,
    scopes: access.scopes,
    version: access.version,
  };
}
