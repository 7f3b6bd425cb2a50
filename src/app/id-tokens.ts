import type { Logger } from 'pino';
import { MINUTE_MS, type Clock } from '../model/clock.ts';
import type { StoredCredential } from '../model/credential-store.ts';
import { KippuError } from '../model/errors.ts';
import type { ConnectionId, ProviderAppId } from '../model/ids.ts';
import type { Secret } from '../model/secret.ts';
import type { Store } from '../model/store.ts';
import type { TokenSet } from '../model/token-set.ts';
import type { Vault } from '../model/vault.ts';
import type { IdTokenClaims } from '../protocol/id-token.ts';
import type { CheckedIdToken, IdTokens } from '../protocol/signing-keys.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { openTokens } from '../renewal/open-tokens.ts';
import type { Tokens } from './access.ts';

/** What it works with: a part of the whole app. */
export interface IdTokenPorts {
  readonly store: Pick<Store, 'credentials' | 'idTokens'>;
  readonly apps: ReadonlyMap<ProviderAppId, ProviderApp>;
  readonly vault: Vault;
  readonly tokens: Pick<Tokens, 'renewNow'>;
  readonly connect: { readonly idTokens: IdTokens };
  readonly options: { readonly publicUrl: string; readonly outside: { readonly clock: Clock } };
  readonly log: Pick<Logger, 'warn'>;
}

/** An ID token that has been checked, on its way out. */
export interface GoodIdToken {
  readonly idToken: Secret;
  readonly claims: IdTokenClaims;
}

export interface IdTokenNeed {
  /** How long ago it may have been issued; by when the *user signed in* nothing is said by this. */
  readonly maxAgeMs?: number | undefined;
}

/** A token this young is never renewed for its age: else every call would rotate the refresh token. */
export const ID_TOKEN_AGE_MIN_MS = MINUTE_MS;

/**
 * The connection's ID token, checked anew; renewed first if it has ended or is older than wanted.
 *
 * Throws `not_found` where there is none, `id_token_invalid` for one that does not pass its checks, `reauth_required`
 * where renewals bring none, and what renewing throws.
 */
export async function getIdToken(id: ConnectionId, need: IdTokenNeed, app: IdTokenPorts): Promise<GoodIdToken> {
  const first = await look(id, app);
  if (!isStale(first, need, app)) return first;
  refuseWithoutHope(first, app);
  await app.tokens.renewNow(id, first.credential.version);
  const second = await look(id, app);
  if (!isStale(second, need, app)) return second;
  refuseWithoutHope(second, app);
  throw new KippuError('unavailable', `The ID token of ${second.credential.name} has just aged again. Try again.`);
}

/**
 * Looks at the ID token that a renewal has just brought, after the renewal is safe. One that is bad changes nothing of
 * the connection: the reason is written down, and the token is not handed out.
 */
export async function checkRenewedIdToken(id: ConnectionId, app: IdTokenPorts): Promise<void> {
  const credential = await app.store.credentials.read(id);
  const provider = credential === undefined ? undefined : app.apps.get(credential.providerAppId);
  if (credential === undefined || provider?.provider.idToken === undefined) return;
  const tokens = openTokens({ credential, app: provider }, app);
  if (tokens.idToken === undefined || tokens.isIdTokenKept === true) return;
  const checked = await check({ credential, provider, tokens, idToken: tokens.idToken }, app);
  if (checked.kind === 'invalid') await note(credential, checked.reason, app);
}

interface Held {
  readonly credential: StoredCredential;
  readonly provider: ProviderApp;
  readonly tokens: TokenSet;
  readonly idToken: Secret;
}

interface Looked extends Held {
  readonly claims: IdTokenClaims;
}

async function look(id: ConnectionId, app: IdTokenPorts): Promise<Looked> {
  const held = await holdingOf(id, app);
  const checked = await check(held, app);
  const { name } = held.credential;
  switch (checked.kind) {
    case 'valid':
      return { ...held, claims: checked.claims };
    case 'unchecked':
      throw new KippuError(
        'unavailable',
        `The ID token of ${name} cannot be checked now: ${checked.error}. Try again.`,
      );
    case 'invalid':
      await note(held.credential, checked.reason, app);
      throw new KippuError(
        'id_token_invalid',
        `The ID token of ${name} does not pass its checks: ${checked.reason}. It is not handed out; the access token is ` +
          'not touched by that. `kippu renew` brings another one.',
      );
  }
}

async function holdingOf(id: ConnectionId, app: IdTokenPorts): Promise<Held> {
  const credential = await app.store.credentials.read(id);
  if (credential === undefined)
    throw new KippuError('not_found', `There is no connection ${id}. \`kippu connections\` lists them.`);
  const { name } = credential;
  if (credential.state === 'revoked')
    throw new KippuError('revoked', `The connection ${name} was revoked here. Connect the account again to use it.`);
  const provider = app.apps.get(credential.providerAppId);
  if (provider === undefined)
    throw new KippuError('misconfigured', `${name} belongs to a provider app that is not configured.`);
  const tokens = openTokens({ credential, app: provider }, app);
  const { idToken } = tokens;
  if (idToken === undefined || provider.provider.idToken === undefined) throw withoutIdToken(name, provider);
  return { credential, provider, tokens, idToken };
}

function withoutIdToken(name: string, { provider }: ProviderApp): KippuError {
  return new KippuError(
    'not_found',
    provider.idToken === undefined
      ? `Kippu does not check ID tokens of ${provider.name}, and hands out none that was not checked. Its access token is not concerned.`
      : `There is no ID token of ${name}: the provider gave none. Connect again, with the scope openid.`,
  );
}

function check({ credential, provider, tokens, idToken }: Held, { connect }: IdTokenPorts): Promise<CheckedIdToken> {
  const { subject } = credential;
  const expected = { nonce: tokens.nonce, isNonceNeeded: false, subject, mayHaveEnded: true };
  return connect.idTokens.check(provider, idToken, expected);
}

async function note(
  { connectionId, name, version }: StoredCredential,
  reason: string,
  app: IdTokenPorts,
): Promise<void> {
  app.log.warn({ connection: connectionId, name, reason }, 'an ID token does not pass its checks');
  await app.store.idTokens.note({ connectionId, version, reason, atMs: app.options.outside.clock.nowMs() });
}

function isStale({ claims }: Looked, { maxAgeMs }: IdTokenNeed, { options }: IdTokenPorts): boolean {
  const nowMs = options.outside.clock.nowMs();
  if (nowMs >= claims.expiresAtMs) return true;
  return maxAgeMs !== undefined && nowMs - claims.issuedAtMs > Math.max(maxAgeMs, ID_TOKEN_AGE_MIN_MS);
}

/** Where the last renewal did not help, the next one would not, and would spend a refresh token for it. */
function refuseWithoutHope({ credential, provider, tokens }: Looked, { options }: IdTokenPorts): void {
  if (tokens.isIdTokenKept === true) {
    throw new KippuError(
      'reauth_required',
      `The ID token of ${credential.name} is over or too old, and ${provider.provider.name} brings none at a renewal. Only a new consent brings another.`,
      { connectUrl: `${options.publicUrl}/reconnect/${credential.connectionId}` },
    );
  }
  if (options.outside.clock.nowMs() - credential.accessIssuedAtMs >= ID_TOKEN_AGE_MIN_MS) return;
  throw new KippuError(
    'id_token_invalid',
    `The ID token of ${credential.name} came less than a minute ago, and is over or too old already: renewing will not help. Look at the clocks, here and at the provider.`,
  );
}
