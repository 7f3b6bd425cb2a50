import { SECOND_MS } from '../model/clock.ts';
import type { Claim } from '../model/credential-store.ts';
import type { HttpAnswer } from '../model/http.ts';
import { newId, type Fingerprint } from '../model/ids.ts';
import type { RenewalOutcome } from '../model/outcome.ts';
import type { Secret } from '../model/secret.ts';
import type { TokenSet } from '../model/token-set.ts';
import { classify } from '../protocol/classify.ts';
import { classifyAppOnly } from '../protocol/classify-app-only.ts';
import { sendSigned, signRequest, type SignedRequest } from '../protocol/signed-request.ts';
import { CONNECT_TIMEOUT_MS, tokenRequest, type Grant } from '../protocol/token-request.ts';
import type { Verdict } from './decide.ts';
import { presentedBy } from './foundations.ts';
import { isShortLived } from './lifetimes.ts';
import type { Need, SeenWithApp } from './need.ts';
import { openTokens } from './open-tokens.ts';
import type { RenewalPorts } from './ports.ts';

/** After the last moment at which an answer is listened for, there must still be time to write it down. */
const SETTLE_MS = 30 * SECOND_MS;
/** The store may let a claim wait for this long. */
const CLAIM_MS = 10 * SECOND_MS;

type Renew = Extract<Verdict, { kind: 'renew' }>;

/** One presentation of a refresh token, or of the app itself: the request, and the one statement that gives the right to send it. */
export interface Exchange {
  readonly seen: SeenWithApp;
  /** What the exchange is made for. */
  readonly need: Need;
  /** Absent: the app presents itself. */
  readonly refreshToken: Secret | undefined;
  /** Of what this renewal takes the place of: the refresh token presented, or the app's own access token. */
  readonly parentFingerprint: Fingerprint;
  readonly flow: TokenSet['flow'];
  /** The key that the grant is bound to, where it is. */
  readonly proofKey: TokenSet['proofKey'];
  /** What the renewed token set inherits of the sign-in. */
  readonly signIn: Pick<TokenSet, 'nonce' | 'idToken'>;
  readonly redirectUri: TokenSet['redirectUri'];
  readonly signed: SignedRequest;
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

/** Opens what is presented, builds and signs the request, so that whatever can fail fails before anything is claimed. */
export async function prepare({ seen, need, purpose, replays }: Renew, ports: RenewalPorts): Promise<Exchange> {
  const { app } = seen;
  const { grant, ...presented } = presentation(seen, ports);
  const request = tokenRequest(app, grant, ports.timing.lateAnswerMs);
  const signed = await signRequest(request, { app, proofKey: presented.proofKey }, ports);
  return { seen, need, ...presented, signed, purpose, replays };
}

type Presentation = Pick<
  Exchange,
  'refreshToken' | 'parentFingerprint' | 'flow' | 'proofKey' | 'signIn' | 'redirectUri'
> & { readonly grant: Grant };

function presentation(seen: SeenWithApp, ports: RenewalPorts): Presentation {
  return presentedBy(seen.credential) === 'client' ? presentationOfApp(seen, ports) : presentationOfToken(seen, ports);
}

function presentationOfApp(seen: SeenWithApp, ports: RenewalPorts): Presentation {
  const { scopes, accessFingerprint: parentFingerprint } = seen.credential;
  // Nothing else of the old token is needed: it is opened for its key alone.
  const proofKey = seen.app.provider.dpop === undefined ? undefined : openTokens(seen, ports).proofKey;
  return {
    ...{ refreshToken: undefined, parentFingerprint, flow: undefined, proofKey, redirectUri: undefined },
    signIn: { nonce: undefined, idToken: undefined },
    grant: { kind: 'client_credentials', scopes },
  };
}

function presentationOfToken(seen: SeenWithApp, ports: RenewalPorts): Presentation {
  const { credential, app } = seen;
  const { refreshToken, flow, proofKey, redirectUri, nonce, idToken } = openTokens(seen, ports);
  if (refreshToken === undefined)
    throw new TypeError('A credential with the fingerprint of a refresh token holds none.');
  const grant: Grant =
    app.provider.renewal === undefined
      ? { kind: 'refresh_token', refreshToken, flow, redirectUri, scopes: credential.scopes }
      : { kind: 'access_token', accessToken: refreshToken, isShortLived: isShortLived(credential, app.provider) };
  const parentFingerprint = ports.fingerprinter.fingerprint(refreshToken);
  return { refreshToken, parentFingerprint, flow, proofKey, redirectUri, signIn: { nonce, idToken }, grant };
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
    parentFingerprint: exchange.parentFingerprint,
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
 * was no longer safely its own. Then nothing was sent, and the claim is let go. A server that wants a nonce first has
 * handled nothing: what is sent again is sent under the same claim, and its answer is the attempt's.
 */
export async function send(claimed: ClaimedExchange, ports: RenewalPorts): Promise<HttpAnswer | undefined> {
  const answer = await sendSigned(claimed.exchange.signed, ports, {
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

/** What the answer means, for what was presented. */
export function understand({ exchange, claimedAtMs }: ClaimedExchange, answer: HttpAnswer): RenewalOutcome {
  const read = exchange.refreshToken === undefined ? classifyAppOnly : classify;
  return read(answer, exchange.seen.app.provider, claimedAtMs);
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
