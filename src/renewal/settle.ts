import { assertNever } from '../model/assert-never.ts';
import { MINUTE_MS, SECOND_MS, WAIT_IS_OVER } from '../model/clock.ts';
import type { RenewedAs, RenewedSettlement } from '../model/credential-store.ts';
import type { RenewalOutcome } from '../model/outcome.ts';
import type { SpoolEntry } from '../model/spool.ts';
import type { TokenSet } from '../model/token-set.ts';
import { isCarriable, NOT_CARRIABLE } from '../protocol/carriable.ts';
import { sealTokens } from '../protocol/stored-tokens.ts';
import { nextDueAtMs } from './ahead.ts';
import type { Verdict } from './decide.ts';
import type { ClaimedExchange, Exchange } from './exchange.ts';
import { isRenewable, mayBePresentedAgain } from './foundations.ts';
import { backOffMs, isLiving, refreshEndOf } from './lifetimes.ts';
import { wantsToken, type Renewal, type Seen, type SeenWithApp } from './need.ts';
import { openTokens } from './open-tokens.ts';
import type { RenewalPorts } from './ports.ts';
import { revokeOrphans } from './revoke-orphans.ts';
import { revokeAtProvider } from './revoke-tokens.ts';

/** What a renewal came to; `look_again`: somebody moved the credential meanwhile. */
export type Settled = Renewal | { readonly kind: 'look_again' };

/** A commit that takes longer than this is not waited for any more: the answer goes to the spool first. */
const STALL_MS = SECOND_MS;
/** An answer that neither store nor spool takes is offered to both this often, for half an hour. */
const KEEP_AGAIN_MS = 1.5 * SECOND_MS;
const KEEP_TRIES_MAX = 1200;
/** Ten rejections, and more than a tenth of the app's connections, within a minute: look before more users are lost. */
const BREAKER = { windowMs: MINUTE_MS, rejectionsMin: 10, share: 0.1 };

/** Writes down what a renewal ended in, and says what the caller gets. */
export async function settle(claimed: ClaimedExchange, outcome: RenewalOutcome, ports: RenewalPorts): Promise<Settled> {
  switch (outcome.kind) {
    case 'renewed':
      return settleRenewed(claimed, outcome.tokens, ports);
    case 'rejected':
      return settleRejected(claimed, outcome, ports);
    case 'misconfigured':
    case 'unavailable':
    case 'unanswered':
      return settleFailed(claimed, outcome, ports);
    default:
      return assertNever(outcome);
  }
}

/** Turns a verdict that needs no exchange into what the caller gets. */
export async function conclude(
  verdict: Exclude<Verdict, { kind: 'renew' | 'ask' }>,
  seen: Seen,
  ports: RenewalPorts,
): Promise<Renewal> {
  if (verdict.kind === 'serve') return serve(seen, ports);
  if (verdict.kind !== 'give_up') return verdict;
  const { credential } = seen;
  const isEnded = await ports.credentials.endGrant(credential.connectionId, credential.version, 'answer_lost');
  // Somebody moved it: a late answer may have come after all.
  return isEnded ? { kind: 'reauth_required', reason: 'answer_lost' } : { kind: 'wait' };
}

async function settleRenewed(claimed: ClaimedExchange, tokens: TokenSet, ports: RenewalPorts): Promise<Settled> {
  const { seen, proofKey } = claimed.exchange;
  const settlement = sealed(claimed, tokens, ports);
  ports.faults.reach('settlement.sealed');
  const as = await keepSafe(settlement, ports);
  switch (as) {
    case 'spooled':
    case 'settled':
      if (isRefusedAgain(claimed.exchange, settlement)) return { kind: 'refused', because: 'same_again' };
      return served(
        seen,
        { tokens: { ...tokens, proofKey }, version: claimed.claim.version + 1 },
        { ...settlement, renewed: true },
      );
    case 'adopted':
    case 'already_known':
    case 'orphaned':
    case 'outdated':
      return { kind: 'look_again' };
    case 'revoke_it':
      // A rotated pair was kept as an orphan, so that the worker goes on where this process ends.
      await (settlement.refreshFingerprint === undefined ||
      settlement.refreshFingerprint === settlement.parentFingerprint
        ? revokeAtProvider(seen.app, tokens, 'tokens', ports)
        : revokeOrphans(seen.credential.connectionId, ports));
      return { kind: 'revoked' };
    default:
      return assertNever(as);
  }
}

/** Asked for an app's token, some providers give out the one they have given out before, until it ends. */
function isRefusedAgain({ need }: Exchange, { accessFingerprint }: RenewedSettlement): boolean {
  return need.kind === 'refused' && need.accessFingerprint === accessFingerprint;
}

function sealed(claimed: ClaimedExchange, tokens: TokenSet, ports: RenewalPorts): RenewedSettlement {
  const { exchange, claim } = claimed;
  const { credential, app } = exchange.seen;
  const nowMs = ports.clock.nowMs();
  const home = {
    connectionId: credential.connectionId,
    owner: credential.owner,
    app,
    restsOn: credential.restsOn,
    keptRefreshToken: exchange.refreshToken,
    flow: exchange.flow,
    proofKey: exchange.proofKey,
    nonce: exchange.signIn.nonce,
    keptIdToken: exchange.signIn.idToken,
    redirectUri: exchange.redirectUri,
    grantedAtMs: credential.grantedAtMs,
    nowMs,
    dueAtMs: undefined,
  };
  const stored = sealTokens(tokens, home, ports);
  const dueAtMs = nextDueAtMs({ ...credential, ...stored, failures: 0, isRenewable: true }, app.provider, nowMs);
  return { ...stored, dueAtMs, claim, parentFingerprint: exchange.parentFingerprint };
}

/**
 * The commit, or the spool when the commit fails or stalls: one of them holds the answer when this returns. Where neither
 * takes it, it lives in this process alone, which offers it to both, again and again, while it may. Where a commit may be
 * gone after a fail-over, the spool has every answer besides.
 */
async function keepSafe(settlement: RenewedSettlement, ports: RenewalPorts): Promise<RenewedAs | 'spooled'> {
  let stored = ports.credentials.settleRenewed(settlement);
  let entry = ports.credentials.lacking === undefined ? undefined : spooled(settlement, ports, { isBeside: true });
  for (let tries = 1; ; tries += 1) {
    const first = await soon(stored, ports);
    if (first !== 'failed' && first !== 'stalled') {
      if (entry !== undefined) acknowledge(entry, ports);
      return first;
    }
    entry ??= spooled(settlement, ports);
    if (entry !== undefined) {
      // A commit that was only slow needs no second application; `reapplySpool` sees to the others, and to an
      // acknowledgement that could not be noted.
      const [settling, kept] = [stored, entry];
      settling.then(() => ports.spool.acknowledge(kept)).catch(() => undefined);
      return 'spooled';
    }
    if (tries >= KEEP_TRIES_MAX) return stored;
    await ports.clock.sleep(KEEP_AGAIN_MS);
    if (first === 'failed') stored = ports.credentials.settleRenewed(settlement);
  }
}

async function soon(stored: Promise<RenewedAs>, { clock }: RenewalPorts): Promise<RenewedAs | 'failed' | 'stalled'> {
  const stop = new AbortController();
  const first = await Promise.race([
    stored.catch(() => 'failed' as const),
    clock.sleep(STALL_MS, stop.signal).then(() => 'stalled' as const),
  ]);
  stop.abort(WAIT_IS_OVER);
  return first;
}

function spooled(
  settlement: RenewedSettlement,
  { spool }: RenewalPorts,
  options?: { readonly isBeside: boolean },
): SpoolEntry | undefined {
  try {
    return spool.keep(settlement, options);
  } catch {
    // Whatever is wrong with the disk: the caller still holds the answer.
    return undefined;
  }
}

function acknowledge(entry: SpoolEntry, { spool }: RenewalPorts): void {
  try {
    spool.acknowledge(entry);
  } catch {
    // The disk refuses the note: the entry goes on waiting, and is applied once more.
  }
}

type Rejection = Extract<RenewalOutcome, { kind: 'rejected' }>;

/** It works once, its end has not come, and the provider gives no reason of its own: its rejection needs an explanation. */
function wasGood({ credential, app }: SeenWithApp, { reason }: Rejection, nowMs: number): boolean {
  const endMs = refreshEndOf(credential);
  const isBeforeItsEnd = endMs === undefined || nowMs < endMs;
  return app.provider.refresh.rotation === 'single-use' && reason === 'rejected_unknown' && isBeforeItsEnd;
}

async function settleRejected(claimed: ClaimedExchange, outcome: Rejection, ports: RenewalPorts): Promise<Settled> {
  const { exchange, claim } = claimed;
  const { reason, error } = outcome;
  const mayBeReuse = wasGood(exchange.seen, outcome, ports.clock.nowMs());
  const as = await ports.credentials.settleRejected({ claim, reason, error, breaker: BREAKER, mayBeReuse });
  switch (as) {
    case 'ended':
      return settledEnd(exchange, error, ports);
    case 'moved':
      return { kind: 'look_again' };
    case 'orphan_left':
      return tryOrphan(exchange.seen, ports);
    case 'app_held':
      return servedOr(
        exchange,
        { kind: 'misconfigured', error: `held: too many rejections at once (${error})` },
        ports,
      );
    default:
      return assertNever(as);
  }
}

/** The grant is over, and the reason is what the store made of it (a lost answer before this one explains it). */
async function settledEnd(exchange: Exchange, error: string, ports: RenewalPorts): Promise<Renewal> {
  const credential = await ports.credentials.read(exchange.seen.credential.connectionId);
  const reason = credential?.stateReason ?? 'rejected_unknown';
  return servedOr(exchange, { kind: 'reauth_required', reason, error }, ports);
}

/** A pair that arrived and found no place may be the one that is good. */
async function tryOrphan({ credential, app }: SeenWithApp, ports: RenewalPorts): Promise<Settled> {
  const orphan = await ports.credentials.untriedOrphan(credential.connectionId);
  if (orphan === undefined) return { kind: 'look_again' };
  const facts = {
    ...credential,
    ...orphan.tokens,
    failures: 0,
    isRenewable: isRenewable({ ...credential, refreshFingerprint: orphan.tokens.refreshFingerprint }),
  };
  const dueAtMs = nextDueAtMs(facts, app.provider, ports.clock.nowMs());
  await ports.credentials.adoptOrphan({ orphan, version: credential.version, dueAtMs });
  return { kind: 'look_again' };
}

type Failure = Extract<RenewalOutcome, { kind: 'misconfigured' | 'unavailable' | 'unanswered' }>;

async function settleFailed(claimed: ClaimedExchange, outcome: Failure, ports: RenewalPorts): Promise<Settled> {
  const { exchange, claim } = claimed;
  const { seen } = exchange;
  const nowMs = ports.clock.nowMs();
  const concerns = outcome.kind === 'misconfigured' && outcome.concerns === 'app' ? 'app' : 'connection';
  const holdUntilMs = nowMs + holdMs(seen, outcome, ports);
  const isReusable = mayBePresentedAgain(seen.credential, seen.app);
  // Where what was presented may be presented again, no answer is no more than a provider that is not there.
  const settledAs = outcome.kind === 'unanswered' && isReusable ? 'unavailable' : outcome.kind;
  const isHeld = settledAs !== 'unanswered';
  await ports.credentials.settleFailed({
    claim,
    outcome: settledAs,
    concerns,
    error: outcome.error,
    holdUntilMs: isHeld ? holdUntilMs : undefined,
    dueAtMs: isHeld ? holdUntilMs : nowMs,
  });
  switch (settledAs) {
    case 'misconfigured':
      return servedOr(exchange, { kind: 'misconfigured', error: outcome.error }, ports);
    case 'unavailable':
      return servedOr(exchange, { kind: 'unavailable', error: outcome.error, retryAtMs: holdUntilMs }, ports);
    case 'unanswered':
      return servedOr(exchange, { kind: 'uncertain', retryAtMs: nowMs + ports.timing.lateAnswerMs }, ports);
    default:
      return assertNever(settledAs);
  }
}

const APP_HOLD_MIN_MS = 30 * SECOND_MS;
const APP_HOLD_MAX_MS = 10 * MINUTE_MS;

function holdMs({ credential }: SeenWithApp, outcome: Failure, ports: RenewalPorts): number {
  if (outcome.kind === 'misconfigured' && outcome.concerns === 'app') {
    const sinceMs = ports.clock.nowMs() - (credential.app.misconfiguredSinceMs ?? ports.clock.nowMs());
    return Math.round(Math.min(Math.max(sinceMs / 2, APP_HOLD_MIN_MS), APP_HOLD_MAX_MS));
  }
  const ownMs = backOffMs(credential.failures, ports.random.unit());
  return outcome.kind === 'unavailable' ? Math.max(outcome.retryAfterMs ?? 0, ownMs) : ownMs;
}

/** For whoever wants a token, one with any life left is better than an error, unless it is the very one that was refused. */
export function servedOr(
  { seen, need }: Pick<Exchange, 'seen' | 'need'>,
  otherwise: Renewal,
  ports: RenewalPorts,
): Renewal {
  return wantsToken(need) && isLiving(seen.credential, need, ports.clock.nowMs()) ? serve(seen, ports) : otherwise;
}

function serve(seen: Seen, ports: RenewalPorts): Renewal {
  const { credential, app } = seen;
  if (app === undefined) throw new TypeError('A connection without its app was to be served.');
  const tokens = openTokens({ credential, app }, ports);
  return served({ ...seen, app }, { tokens, version: credential.version }, { ...credential, renewed: false });
}

interface ServedFacts {
  readonly accessIssuedAtMs: number;
  readonly accessExpiresAtMs: number | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly renewed: boolean;
}

function served(
  { credential, app }: SeenWithApp,
  token: { readonly tokens: TokenSet; readonly version: number },
  facts: ServedFacts,
): Renewal {
  if (!isCarriable(token.tokens.accessToken)) return { kind: 'unusable', error: NOT_CARRIABLE };
  return {
    kind: 'served',
    ...token,
    app,
    accessIssuedAtMs: facts.accessIssuedAtMs,
    accessExpiresAtMs: facts.accessExpiresAtMs,
    scopes: facts.scopes ?? credential.scopes,
    subject: credential.subject,
    name: credential.name,
    renewed: facts.renewed,
  };
}
