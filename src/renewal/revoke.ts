import { SECOND_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { StoredCredential } from '../model/credential-store.ts';
import { newId, type ConnectionId } from '../model/ids.ts';
import type { TokenSet } from '../model/token-set.ts';
import { revocationPlan } from '../protocol/revocation.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { leaseMs } from './exchange.ts';
import { isRevocable } from './foundations.ts';
import { lookAt } from './look.ts';
import { isLiving } from './lifetimes.ts';
import { openTokens } from './open-tokens.ts';
import type { Need, Seen } from './need.ts';
import type { RenewalPorts } from './ports.ts';
import { renew } from './renew.ts';
import { revokeAtProvider } from './revoke-tokens.ts';

const LOOK_AGAIN_MS = 200;
/** Whoever holds the lease now, it is over before we give up. */
const GRACE_MS = 5 * SECOND_MS;

export interface Revocation {
  /** `false`: only here; the provider keeps the grant. */
  readonly atProvider: boolean;
}

/**
 * Ends a connection because somebody here asked for it. It takes the lease first: a renewal that is in flight is waited
 * for, so that what it brings is revoked too. If the provider cannot be reached, nothing changes here, and the error
 * says so; `atProvider: false` ends it here alone.
 *
 * Throws `not_found`, `unavailable`, `misconfigured`, `conflict` for what only the provider's own pages can revoke.
 */
export async function revoke(id: ConnectionId, revocation: Revocation, ports: RenewalPorts): Promise<void> {
  const untilMs = ports.clock.monotonicMs() + leaseMs(ports) + GRACE_MS;
  let isFreshened = false;
  while (ports.clock.monotonicMs() < untilMs) {
    const seen = await lookAt(id, { kind: 'use', minTtlMs: undefined }, ports);
    if (seen.credential.state === 'revoked') return;
    const { app } = seen;
    if (app === undefined && revocation.atProvider) {
      throw new KippuError(
        'misconfigured',
        `${seen.credential.name} belongs to a provider app that is not configured. Configure it, or use --local-only.`,
      );
    }
    if (revocation.atProvider && !isRevocable(seen.credential)) {
      throw new KippuError(
        'conflict',
        `${seen.credential.name} is an API key, which only its provider's own pages can revoke. Do that there, and use --local-only to forget it here.`,
      );
    }
    if (revocation.atProvider && !isFreshened && needsLivingAccess(seen, ports.clock.nowMs())) {
      isFreshened = true;
      await freshen(seen, ports);
      continue;
    }
    const ended = await revokeOnce(seen, { ...revocation, isFreshened }, ports);
    if (ended === 'revoked') return;
    if (ended === 'moved') await ports.clock.sleep(LOOK_AGAIN_MS);
  }
  throw new KippuError(
    'unavailable',
    `A renewal of ${id} is still under way. It was not revoked; try again in a few minutes.`,
  );
}

/** Where only a living access token ends a grant (GitHub), a grant whose own is over is renewed first. */
function needsLivingAccess({ credential, app }: Seen, nowMs: number): boolean {
  const { state, refreshFingerprint } = credential;
  if (app?.provider.revocation.method !== 'delete_by_access_token' || app.clientSecret === undefined) return false;
  if (refreshFingerprint === undefined || state === 'reauth_required') return false;
  return !isLiving(credential, ANY_TOKEN, nowMs);
}

const ANY_TOKEN: Need = { kind: 'use', minTtlMs: undefined };

/** A grant that turns out to be over already needs no more than its end here. Throws `unavailable`, `misconfigured`. */
async function freshen({ credential }: Seen, ports: RenewalPorts): Promise<void> {
  const renewal = await renew(credential.connectionId, ANY_TOKEN, ports);
  switch (renewal.kind) {
    case 'misconfigured':
    case 'unusable':
      throw new KippuError('misconfigured', notFreshened(credential, `failed: ${renewal.error}`));
    case 'unavailable':
    case 'uncertain':
      throw new KippuError(
        'unavailable',
        notFreshened(credential, renewal.kind === 'uncertain' ? 'was not answered yet' : `failed: ${renewal.error}`),
        { retryAfterMs: 30 * SECOND_MS },
      );
    default:
      return;
  }
}

function notFreshened({ name }: StoredCredential, how: string): string {
  return (
    `${name} was not revoked: that takes a living access token, and its renewal ${how}. ` +
    'Try again, or use --local-only to forget it here alone.'
  );
}

/** `moved`: somebody holds the lease, or moved the credential since it was seen. `access_over`: it has to be renewed first. */
async function revokeOnce(
  { credential, app, isLeased }: Seen,
  revocation: Revocation & { readonly isFreshened: boolean },
  ports: RenewalPorts,
): Promise<'revoked' | 'moved' | 'access_over'> {
  if (isLeased) return 'moved';
  // Opened before anything is claimed: what cannot be opened can still be revoked here alone.
  const dead =
    revocation.atProvider && app !== undefined ? { app, tokens: openTokens({ credential, app }, ports) } : undefined;
  if (dead !== undefined) refuseImpossible(credential, dead);
  const claim = await ports.credentials.claim({
    connectionId: credential.connectionId,
    version: credential.version,
    openAttemptId: credential.openAttempt?.id,
    attemptId: newId('att', ports.random),
    purpose: 'revocation',
    parentFingerprint: credential.refreshFingerprint ?? credential.accessFingerprint,
    sender: ports.processes.self,
    startedMonotonicMs: ports.clock.monotonicMs(),
    leaseMs: leaseMs(ports),
    replays: 0,
  });
  if (claim === undefined) return 'moved';
  if (dead !== undefined) {
    const extent = (await isShared(credential, ports)) ? 'tokens' : 'grant';
    const answered = await revokeAtProvider(dead.app, dead.tokens, extent, ports);
    const isOver = answered.kind === 'revoked' && answered.wasOver && mayLiveOn(credential);
    const outcome = isOver ? ACCESS_OVER : answered;
    if (isOver) await ports.credentials.noteRefusedAccess(credential.connectionId, credential.version);
    if (outcome.kind === 'failed') {
      const nowMs = ports.clock.nowMs();
      await ports.credentials.settleFailed({
        claim,
        outcome: 'not_sent',
        concerns: 'connection',
        error: outcome.error,
        holdUntilMs: undefined,
        dueAtMs: nowMs,
      });
      if (isOver && !revocation.isFreshened) return 'access_over';
      throw new KippuError(
        outcome.retryable ? 'unavailable' : 'misconfigured',
        `${credential.name} was not revoked: ${outcome.error}. ${outcome.retryable ? 'Try again' : 'Look at the client id and secret'}, or use --local-only to forget it here alone.`,
        outcome.retryable ? { retryAfterMs: 30 * SECOND_MS } : {},
      );
    }
  }
  const isSettled = await ports.connections.settleRevoked(claim, { atProvider: revocation.atProvider });
  return isSettled ? 'revoked' : 'moved';
}

/** Nobody refused anything, and no second try would do better: it is known before anybody is asked. */
function refuseImpossible(
  { name }: StoredCredential,
  { app, tokens }: { readonly app: ProviderApp; readonly tokens: TokenSet },
): void {
  const plan = revocationPlan(app, tokens, 'grant');
  if (plan.kind !== 'impossible') return;
  const { consentsUrl } = app.provider.refresh;
  throw new KippuError(
    'conflict',
    `${name} was not revoked: ${plan.error}. The user can remove the app in the settings of his account there${
      consentsUrl === undefined ? '' : ` (${consentsUrl})`
    }; use --local-only to forget it here.`,
  );
}

/**
 * A refresh token that outlives its access token (GitHub): a provider that knows the access token no more has not ended the
 * grant. It is renewed first, as where its end is known before.
 */
function mayLiveOn({ refreshFingerprint, state }: StoredCredential): boolean {
  return refreshFingerprint !== undefined && state !== 'reauth_required';
}

const ACCESS_OVER = { kind: 'failed', error: 'its access token was over before it arrived', retryable: true } as const;

/** Whether the same account is connected here for another owner too: what is taken from one must not end the other. */
async function isShared({ connectionId }: StoredCredential, { connections }: RenewalPorts): Promise<boolean> {
  const own = await connections.find(connectionId);
  if (own?.subject === undefined) return false;
  const { items } = await connections.list({
    providerAppId: own.providerAppId,
    subject: own.subject,
    limit: SHARED_MAX,
  });
  return items.some(({ id, state }) => id !== connectionId && state !== 'revoked');
}

/** Revoked ones stay in the list: this many are looked through for one that lives. */
const SHARED_MAX = 1000;
