import { SECOND_MS } from '../model/clock.ts';
import type { Claim } from '../model/credential-store.ts';
import type { HttpAnswer, HttpRequest } from '../model/http.ts';
import { newId } from '../model/ids.ts';
import type { Secret } from '../model/secret.ts';
import type { TokenSet } from '../model/token-set.ts';
import { CONNECT_TIMEOUT_MS, tokenRequest, type Grant } from '../protocol/token-request.ts';
import type { Verdict } from './decide.ts';
import { isShortLived } from './lifetimes.ts';
import type { Need, SeenWithApp } from './need.ts';
import { openTokens } from './open-tokens.ts';
import type { RenewalPorts } from './ports.ts';

/** After the last moment at which an answer is listened for, there must still be time to write it down. */
const SETTLE_MS = 30 * SECOND_MS;
/** The store may let a claim wait for this long. */
const CLAIM_MS = 10 * SECOND_MS;

type Renew = Extract<Verdict, { kind: 'renew' }>;

/** One presentation of a refresh token: the request, and the one statement that gives the right to send it. */
export interface Exchange {
  readonly seen: SeenWithApp;
  /** What the exchange is made for. */
  readonly need: Need;
  readonly refreshToken: Secret;
  readonly flow: TokenSet['flow'];
  /** What the renewed token set inherits of the sign-in. */
  readonly signIn: Pick<TokenSet, 'nonce' | 'idToken'>;
  readonly redirectUri: TokenSet['redirectUri'];
  readonly request: HttpRequest;
  readonly purpose: Renew['purpose'];
  readonly replays: number;
}

export interface ClaimedExchange {
  readonly exchange: Exchange;
  readonly claim: Claim;
  /** Before the claim was asked for: what the answer says of lifetimes counts from here, and never too long. */
  readonly claimedAtMs: number;
  readonly claimedAtMonotonicMs: number;
}

/** Opens the refresh token and builds the request, so that whatever can fail fails before anything is claimed. */
export function prepare({ seen, need, purpose, replays }: Renew, ports: RenewalPorts): Exchange {
  const { refreshToken, flow, redirectUri, nonce, idToken } = openTokens(seen, ports);
  if (refreshToken === undefined)
    throw new TypeError('A credential with the fingerprint of a refresh token holds none.');
  const { app, credential } = seen;
  const grant: Grant =
    app.provider.renewal === undefined
      ? { kind: 'refresh_token', refreshToken, flow, redirectUri, scopes: credential.scopes }
      : { kind: 'access_token', accessToken: refreshToken, isShortLived: isShortLived(credential, app.provider) };
  const request = tokenRequest(app, grant, ports.timing.lateAnswerMs);
  return { seen, need, refreshToken, flow, signIn: { nonce, idToken }, redirectUri, request, purpose, replays };
}

/** Lease, fence and attempt, durable in one statement. Nothing: somebody moved the credential since it was seen. */
export async function claim(exchange: Exchange, ports: RenewalPorts): Promise<ClaimedExchange | undefined> {
  const { credential } = exchange.seen;
  const claimedAtMs = ports.clock.nowMs();
  const claimedAtMonotonicMs = ports.clock.monotonicMs();
  const claimed = await ports.credentials.claim({
    connectionId: credential.connectionId,
    version: credential.version,
    openAttemptId: credential.openAttempt?.id,
    attemptId: newId('att', ports.random),
    purpose: exchange.purpose,
    parentFingerprint: ports.fingerprinter.fingerprint(exchange.refreshToken),
    sender: ports.processes.self,
    startedMonotonicMs: claimedAtMonotonicMs,
    leaseMs: leaseMs(ports),
    replays: exchange.replays,
  });
  if (claimed === undefined) return undefined;
  ports.faults.reach('renewal.claimed');
  return { exchange, claim: claimed, claimedAtMs, claimedAtMonotonicMs };
}

/**
 * Sends once, and listens for as long as an answer may come. Nothing: the process was held up for so long that the lease
 * was no longer safely its own. Then nothing was sent, and the claim is let go.
 */
export async function send(claimed: ClaimedExchange, ports: RenewalPorts): Promise<HttpAnswer | undefined> {
  const answer = await ports.http.send(claimed.exchange.request, {
    mayStillSend: () => isSafelyOurs(claimed, ports),
    sent: () => {
      ports.faults.reach('renewal.sent');
    },
  });
  ports.faults.reach('renewal.answered');
  if (answer.kind !== 'not_sent' || answer.cause !== 'withdrawn') return answer;
  await letGo(claimed, answer.detail, ports);
  return undefined;
}

async function letGo({ claim }: ClaimedExchange, error: string, ports: RenewalPorts): Promise<void> {
  const dueAtMs = ports.clock.nowMs();
  await ports.credentials.settleFailed({
    claim,
    outcome: 'not_sent',
    concerns: 'connection',
    error,
    holdUntilMs: undefined,
    dueAtMs,
  });
}

/**
 * The lease must outlast the whole exchange from here on. Both clocks are asked: the monotonic one sees a process that
 * was stopped, the wall clock a laptop that was asleep.
 */
function isSafelyOurs(claimed: ClaimedExchange, { clock, timing }: RenewalPorts): boolean {
  const neededMs = timing.lateAnswerMs + SETTLE_MS;
  const elapsedMs = clock.monotonicMs() - claimed.claimedAtMonotonicMs;
  return elapsedMs + neededMs <= leaseMs({ timing }) && clock.nowMs() + neededMs <= claimed.claim.leaseExpiresAtMs;
}

export function leaseMs({ timing }: Pick<RenewalPorts, 'timing'>): number {
  return CLAIM_MS + CONNECT_TIMEOUT_MS + timing.lateAnswerMs + SETTLE_MS;
}
