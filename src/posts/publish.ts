import { createHash } from 'node:crypto';
import { MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { FaultPoints } from '../model/fault-points.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../model/http.ts';
import type { PostId } from '../model/ids.ts';
import type { Post, PostContent, PublishOutcome } from '../model/post.ts';
import type { Processes } from '../model/processes.ts';
import type { Secret } from '../model/secret.ts';
import { advance, readPost, type AdvancePorts } from './advance.ts';
import { classify } from './classify.ts';
import type { Happening } from './happening.ts';
import { after, isTooLate, mayBeSent } from './lifecycle.ts';
import { findRoute, type Route, type RoutePorts } from './route.ts';

export interface PublishPorts extends AdvancePorts, RoutePorts {
  readonly http: HttpClient;
  readonly processes: Processes;
  readonly faults: FaultPoints;
  /** Takes over work whose caller has his answer already: whoever closes waits for it, and is told of its errors. */
  background(work: Promise<void>): void;
}

/** How long a caller waits for the network. What comes later is settled all the same. */
const PATIENCE_MS = 30 * SECOND_MS;
/** The right to send; longer than the patience, so that a living process settles its attempt itself. */
const LEASE_MS = 60 * SECOND_MS;
/** So close to its end a lease is no longer safely ours. */
const LEASE_MARGIN_MS = 5 * SECOND_MS;
/** Life that the token must still have when the request leaves. */
const TOKEN_LIFE_MIN_MS = MINUTE_MS;

/**
 * Publishes a post whose time has come, at most once; the rules are in `lifecycle.ts`. Returns the post as it is then:
 * also one that somebody else is publishing, or that has to wait.
 */
export async function publish(id: PostId, ports: PublishPorts): Promise<Post> {
  let refused: Secret | undefined;
  for (;;) {
    const seen = await readPost(id, ports);
    if (isTooLate(seen, ports.clock.nowMs())) return (await advance(seen, { kind: 'time_passed' }, ports)).post;
    if (!mayBeSent(seen, ports.clock.nowMs())) return seen;
    const route = await findRoute(
      seen.connectionId,
      { minTtlMs: TOKEN_LIFE_MIN_MS, ...(refused === undefined ? {} : { refused }) },
      ports,
    );
    if (route.kind !== 'open') return (await advance(seen, route, ports)).post;
    const request = route.network.createRequest(seen, route.access); // whatever could fail here fails before the claim
    const claim = await claimPost(seen, ports); // durable: what is sent, when, by whom, after which post
    if (claim === undefined) continue; // somebody else changed it: look again
    ports.faults.reach('publishing.claimed');
    // Point of no return: from here the post may exist.
    const answer = await exchange(request, claim, ports);
    if (answer.kind === 'overdue') return settleLater(claim.post, answer.late, route, ports);
    ports.faults.reach('publishing.answered');
    const outcome = classify(answer, route.network);
    const post = await settleOrKeep(claim.post, outcome, route, ports);
    ports.faults.reach('publishing.committed');
    // A refused token proves that nothing was created: once more with another one, at once.
    if (!isTokenRefused(outcome) || refused !== undefined) return post;
    refused = route.access.accessToken;
  }
}

interface PublishClaim {
  readonly post: Post;
  readonly leaseExpiresAtMs: number;
  /** On the monotonic clock, taken before the claim was written. */
  readonly startedMonotonicMs: number;
}

async function claimPost(seen: Post, ports: PublishPorts): Promise<PublishClaim | undefined> {
  const lastKnownRemoteId = await ports.posts.lastKnownRemoteId(seen.connectionId);
  const startedMonotonicMs = ports.clock.monotonicMs();
  const claimed = {
    kind: 'claimed',
    by: ports.processes.self,
    fingerprint: fingerprintOf(seen),
    lastKnownRemoteId,
    leaseMs: LEASE_MS,
  } as const;
  const change = after(seen, claimed, ports.clock.nowMs());
  if (change === undefined || (await ports.posts.apply([change])).kind !== 'applied') return undefined;
  return { post: change.next, leaseExpiresAtMs: change.next.lease?.expiresAtMs ?? 0, startedMonotonicMs };
}

/** Tells contents apart without keeping them a second time. */
export function fingerprintOf({ text, replyTo, replySettings, madeWithAi }: PostContent): string {
  const content = JSON.stringify([text, replyTo ?? null, replySettings ?? null, madeWithAi]);
  return createHash('sha256').update(content).digest('base64url');
}

type Overdue = { readonly kind: 'overdue'; readonly late: Promise<HttpAnswer> };

/** Sends once, and waits as long as a caller would. */
async function exchange(
  request: HttpRequest,
  claim: PublishClaim,
  { http, clock, faults }: PublishPorts,
): Promise<HttpAnswer | Overdue> {
  let isOverdue = false;
  const late = http.send(request, {
    // A paused process, a suspended laptop, a clock that was set: either clock may notice what the other does not. And
    // a request that nobody waits for any more must not leave after the post was written down as unknown.
    mayStillSend: () =>
      !isOverdue &&
      clock.nowMs() < claim.leaseExpiresAtMs - LEASE_MARGIN_MS &&
      clock.monotonicMs() - claim.startedMonotonicMs < LEASE_MS - LEASE_MARGIN_MS,
    sent: () => {
      faults.reach('publishing.sent');
    },
  });
  const patience = new AbortController();
  try {
    const answer = await Promise.race([late, clock.sleep(PATIENCE_MS, patience.signal)]);
    if (answer !== undefined) return answer;
    isOverdue = true;
    return { kind: 'overdue', late };
  } finally {
    patience.abort();
  }
}

type OpenRoute = Extract<Route, { kind: 'open' }>;

/** Nobody waits any more; but the socket is still open, and whatever arrives is the truth about this attempt. */
function settleLater(claimed: Post, late: Promise<HttpAnswer>, route: OpenRoute, ports: PublishPorts): Promise<Post> {
  const overdue = { kind: 'unanswered', detail: `timeout: no answer within ${PATIENCE_MS / SECOND_MS} s` } as const;
  const whenItComes = async (): Promise<void> => {
    await settleOrKeep(claimed, classify(await late, route.network), route, ports);
  };
  ports.background(whenItComes());
  return settle(claimed, overdue, route, ports);
}

/** An answer that the store does not take is offered again after each of these; then the timeline has to tell. */
const OFFERS_AFTER_MS: readonly number[] = [1, 2, 4, 8, 16].map((seconds) => seconds * SECOND_MS);

/** A full disk keeps the caller from his answer, and not the answer from the post. Throws `store_unavailable`. */
async function settleOrKeep(
  claimed: Post,
  outcome: PublishOutcome,
  route: OpenRoute,
  ports: PublishPorts,
): Promise<Post> {
  try {
    return await settle(claimed, outcome, route, ports);
  } catch (error) {
    if (isStoreUnavailable(error)) ports.background(offerAgain(claimed, outcome, route, ports));
    throw error;
  }
}

async function offerAgain(
  claimed: Post,
  outcome: PublishOutcome,
  route: OpenRoute,
  ports: PublishPorts,
): Promise<void> {
  for (const afterMs of OFFERS_AFTER_MS) {
    await ports.clock.sleep(afterMs);
    try {
      await settle(claimed, outcome, route, ports);
      return;
    } catch (error) {
      if (!isStoreUnavailable(error)) throw error;
    }
  }
}

function isStoreUnavailable(error: unknown): boolean {
  return error instanceof KippuError && error.code === 'store_unavailable';
}

/** Writes down what an attempt ended in, whatever has become of the post meanwhile. */
async function settle(
  claimed: Post,
  outcome: PublishOutcome,
  { network, handle }: OpenRoute,
  ports: PublishPorts,
): Promise<Post> {
  const { fence } = claimed;
  const remoteId = outcome.kind === 'published' ? outcome.remoteId : undefined;
  const remoteUrl = remoteId === undefined ? undefined : network.postUrl(remoteId, handle);
  const happening: Happening = { kind: 'answered', fence, outcome, remoteUrl };
  for (let post = claimed; ; post = await readPost(post.id, ports)) {
    const advanced = await advance(post, happening, ports);
    if (advanced.kind !== 'remote_id_taken') return advanced.post;
    const other = await readPost(advanced.by, ports);
    if (other.remoteId === remoteId && other.remoteEvidence === 'answer') {
      const detail = `the network gave ${remoteId ?? ''} to ${other.id} as well`;
      return (
        await advance(
          post,
          { kind: 'answered', fence, outcome: { kind: 'unanswered', detail }, remoteUrl: undefined },
          ports,
        )
      ).post;
    }
    // Another post took this one for its own when it read the timeline: it has to search again.
    const displacing = after(other, { kind: 'displaced', by: post.id }, ports.clock.nowMs());
    const settling = after(advanced.post, happening, ports.clock.nowMs());
    if (displacing === undefined || settling === undefined) continue;
    if ((await ports.posts.apply([displacing, settling])).kind === 'applied') return settling.next;
  }
}

function isTokenRefused(outcome: PublishOutcome): boolean {
  return outcome.kind === 'not_created' && outcome.reason === 'unauthorized';
}
