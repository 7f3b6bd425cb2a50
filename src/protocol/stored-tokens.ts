import type { Foundation } from '../model/connection.ts';
import type { SealedTokens } from '../model/credential-store.ts';
import type { ConnectionId } from '../model/ids.ts';
import { randomText, type Random } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import type { TokenCarrier, TokenSet } from '../model/token-set.ts';
import type { Fingerprinter, SealBinding, Vault } from '../model/vault.ts';
import type { ProviderApp } from '../providers/provider-app.ts';

/** Where a token set belongs, and what it inherits. */
export interface TokenHome {
  readonly connectionId: ConnectionId;
  readonly owner: string;
  readonly app: ProviderApp;
  readonly restsOn: Foundation;
  /** The refresh token that stays good when the answer brings none; none after a fresh consent. */
  readonly keptRefreshToken: Secret | undefined;
  /** By which flow the grant was given that a renewal continues. */
  readonly flow?: TokenSet['flow'];
  /** The key that the grant was bound to when it was given: it outlives every token set of the grant. */
  readonly proofKey?: TokenSet['proofKey'];
  /** The grant's nonce and its ID token so far, which stay where a renewal brings no other. */
  readonly nonce?: TokenSet['nonce'];
  readonly keptIdToken?: Secret | undefined;
  /** The callback of the consent that a renewal continues. */
  readonly redirectUri?: TokenSet['redirectUri'];
  /** When the user consented: absolute lifetimes count from here. */
  readonly grantedAtMs: number;
  readonly nowMs: number;
  readonly dueAtMs: number | undefined;
}

export interface SealingPorts {
  readonly vault: Vault;
  readonly fingerprinter: Fingerprinter;
  readonly random: Random;
}

/** Seals a token set, raw answer included, for its row. One seal, and nothing in it can fail. */
export function sealTokens(
  tokens: TokenSet,
  home: TokenHome,
  { vault, fingerprinter, random }: SealingPorts,
): SealedTokens {
  const refreshToken = renewedBy(tokens, home);
  const generation = randomText(random, 12);
  return {
    sealed: vault.seal(
      bindingOf(home, generation),
      writeTokens({
        ...tokens,
        refreshToken,
        flow: tokens.flow ?? home.flow,
        proofKey: tokens.proofKey ?? home.proofKey,
        ...idTokenOf(tokens, home),
        redirectUri: tokens.redirectUri ?? home.redirectUri,
      }),
    ),
    generation,
    accessFingerprint: fingerprinter.fingerprint(tokens.accessToken),
    refreshFingerprint: refreshToken === undefined ? undefined : fingerprinter.fingerprint(refreshToken),
    accessIssuedAtMs: home.nowMs,
    accessExpiresAtMs: tokens.accessExpiresAtMs,
    ...grantEndsOf(tokens, home),
    scopes: tokens.scopes,
    dueAtMs: home.dueAtMs,
  };
}

/** When the grant ends, as far as anybody says. */
export function grantEndsOf(
  tokens: TokenSet,
  home: Omit<TokenHome, 'connectionId' | 'owner' | 'dueAtMs'>,
): RefreshEnds {
  const { refresh, renewal } = home.app.provider;
  return renewal === undefined
    ? refreshEnds(tokens, home, renewedBy(tokens, home) !== undefined, refresh)
    : { refreshAbsoluteEndsAtMs: undefined, refreshIdleEndsAtMs: lastingEnd(tokens, home) };
}

/** An answer without an ID token takes nothing back of what an earlier one said. */
function idTokenOf(tokens: TokenSet, { nonce, keptIdToken }: TokenHome): Partial<TokenSet> {
  const isIdTokenKept = tokens.idToken === undefined && keptIdToken !== undefined;
  return { nonce: tokens.nonce ?? nonce, idToken: tokens.idToken ?? keptIdToken, isIdTokenKept };
}

/** What the next renewal presents: where there are no refresh tokens, the access token itself. */
function renewedBy(
  tokens: TokenSet,
  { app, keptRefreshToken }: Pick<TokenHome, 'app' | 'keptRefreshToken'>,
): Secret | undefined {
  if (app.provider.renewal !== undefined) return tokens.accessToken;
  return tokens.refreshToken ?? keptRefreshToken;
}

/**
 * The end of an access token that is renewed by itself. None for what a consent has just brought and lives for an hour or so:
 * it is no token to keep, and by that it is known.
 */
function lastingEnd(
  tokens: TokenSet,
  { app, nowMs, keptRefreshToken }: Pick<TokenHome, 'app' | 'nowMs' | 'keptRefreshToken'>,
): number | undefined {
  const { shortLived } = app.provider.renewal ?? {};
  const lifeMs = tokens.accessExpiresAtMs === undefined ? undefined : tokens.accessExpiresAtMs - nowMs;
  const isFresh = keptRefreshToken === undefined && shortLived !== undefined && lifeMs !== undefined;
  if (isFresh && lifeMs <= SHORT_LIVES * shortLived.lifetimeMs) return undefined;
  const { idleMs } = app.provider.refresh;
  return tokens.accessExpiresAtMs ?? (idleMs === undefined ? undefined : nowMs + idleMs);
}

/** A consent's token may come with a little more than the documented life. */
const SHORT_LIVES = 2;

type RefreshEnds = Pick<SealedTokens, 'refreshAbsoluteEndsAtMs' | 'refreshIdleEndsAtMs'>;

/** What the answer says, else what the catalogue says: absolute from the consent, idle from now. */
function refreshEnds(
  tokens: TokenSet,
  home: Pick<TokenHome, 'restsOn' | 'grantedAtMs' | 'nowMs'>,
  hasRefreshToken: boolean,
  life: ProviderApp['provider']['refresh'],
): RefreshEnds {
  // A static key is a grant of its own: it ends with its date.
  if (home.restsOn === 'key')
    return { refreshAbsoluteEndsAtMs: tokens.accessExpiresAtMs, refreshIdleEndsAtMs: undefined };
  if (!hasRefreshToken) return { refreshAbsoluteEndsAtMs: undefined, refreshIdleEndsAtMs: undefined };
  const fromAnswer = tokens.refreshExpiresAtMs;
  const isIdle = life.idleMs !== undefined;
  return {
    refreshAbsoluteEndsAtMs:
      (isIdle ? undefined : fromAnswer) ??
      (life.absoluteMs === undefined ? undefined : home.grantedAtMs + life.absoluteMs),
    refreshIdleEndsAtMs: isIdle ? (fromAnswer ?? home.nowMs + (life.idleMs ?? 0)) : undefined,
  };
}

/** The binding under which a connection's tokens are sealed. */
export function bindingOf(home: Pick<TokenHome, 'connectionId' | 'owner' | 'app'>, generation: string): SealBinding {
  return { table: 'credentials', rowId: home.connectionId, providerAppId: home.app.id, owner: home.owner, generation };
}

/** A token set as the text that is sealed. */
export function writeTokens(tokens: TokenSet): Secret {
  return new Secret(
    JSON.stringify({
      access_token: tokens.accessToken.reveal(),
      token_type: tokens.tokenType,
      refresh_token: tokens.refreshToken?.reveal(),
      id_token: tokens.idToken?.reveal(),
      id_token_kept: tokens.isIdTokenKept === true ? true : undefined,
      nonce: tokens.nonce,
      access_expires_at_ms: tokens.accessExpiresAtMs,
      refresh_expires_at_ms: tokens.refreshExpiresAtMs,
      scopes: tokens.scopes,
      flow: tokens.flow,
      dpop_key: tokens.proofKey?.reveal(),
      carrier: tokens.carrier,
      redirect_uri: tokens.redirectUri,
      raw: tokens.raw.reveal(),
    }),
  );
}

/** The way back; only ever given what {@link writeTokens} wrote and the vault has authenticated. */
export function readTokens(text: Secret): TokenSet {
  const stored = JSON.parse(text.reveal()) as Record<string, unknown>;
  const secret = (name: string): Secret | undefined =>
    typeof stored[name] === 'string' ? new Secret(stored[name]) : undefined;
  return {
    accessToken: secret('access_token') ?? new Secret(''),
    tokenType: String(stored['token_type']),
    refreshToken: secret('refresh_token'),
    idToken: secret('id_token'),
    isIdTokenKept: stored['id_token_kept'] === true ? true : undefined,
    nonce: typeof stored['nonce'] === 'string' ? stored['nonce'] : undefined,
    accessExpiresAtMs: stored['access_expires_at_ms'] as number | undefined,
    refreshExpiresAtMs: stored['refresh_expires_at_ms'] as number | undefined,
    scopes: stored['scopes'] as string[] | undefined,
    flow: stored['flow'] === 'device' ? 'device' : undefined,
    // What was stored before there were such keys has none.
    proofKey: secret('dpop_key'),
    carrier: stored['carrier'] as TokenCarrier | undefined,
    redirectUri: typeof stored['redirect_uri'] === 'string' ? stored['redirect_uri'] : undefined,
    raw: secret('raw') ?? new Secret(''),
  };
}
