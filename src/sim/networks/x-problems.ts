import type { Settings } from '../settings.ts';
import { jsonReply, type Reply } from '../wire.ts';

/** What X's resource API answers when it refuses. The bodies are X's, recorded; only names and ids are filled in. */

const DUPLICATE = 'You are not allowed to create a Tweet with duplicate content.';
const NOT_PERMITTED = 'You are not permitted to perform this action.';
const NOT_SUMMONED =
  'Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.';
const PARENT_GONE = 'You attempted to reply to a Tweet that is deleted or not visible to you.';
const NOT_YOURS = 'You are not authorized to delete this Tweet.';
const APP_ONLY =
  'Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context].';
const NO_PROJECT =
  'When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a Twitter developer App that is attached to a Project. You can create a project via the developer portal.';

export const unauthorized = (): Reply =>
  problem(401, { title: 'Unauthorized', type: 'about:blank', status: 401, detail: 'Unauthorized' });
export const duplicateContent = (): Reply => forbidden(DUPLICATE);
export const notPermitted = (): Reply =>
  problem(403, { title: 'Forbidden', detail: NOT_PERMITTED, type: 'about:blank', status: 403 });
export const notSummoned = (): Reply => forbidden(NOT_SUMMONED);
export const parentGone = (): Reply => forbidden(PARENT_GONE);
export const notYourPost = (): Reply => forbidden(NOT_YOURS);

export function appOnlyRefused(settings: Settings): Reply {
  return problem(403, {
    title: 'Unsupported Authentication',
    detail: APP_ONLY,
    type: problemType(settings, 'unsupported-authentication'),
    status: 403,
  });
}

export function clientNotEnrolled(settings: Settings, clientId: string): Reply {
  return problem(403, {
    client_id: clientId,
    detail: NO_PROJECT,
    registration_url: 'https://developer.twitter.com/en/docs/projects/overview',
    title: 'Client Forbidden',
    required_enrollment: 'Appropriate Level of API Access',
    reason: 'client-not-enrolled',
    type: problemType(settings, 'client-forbidden'),
  });
}

export function creditsDepleted(settings: Settings, accountId: string): Reply {
  if (settings.olderCreditsBody) {
    return problem(402, {
      title: 'CreditsDepleted',
      detail: `Your enrolled account [${accountId}] does not have any credits to fulfill this request.`,
      type: 'https://api.twitter.com/2/problems/credits',
    });
  }
  return problem(402, {
    detail: 'credits depleted',
    status: 402,
    title: 'Payment Required',
    type: 'https://api.x.com/2/problems/credits-depleted',
  });
}

export function tooManyRequests(settings: Settings): Reply {
  if (settings.olderRateLimitBody) return jsonReply(429, { errors: [{ code: 88, message: 'Rate limit exceeded' }] });
  return problem(429, { title: 'Too Many Requests', detail: 'Too Many Requests', type: 'about:blank', status: 429 });
}

export function usageCapExceeded(settings: Settings): Reply {
  return problem(429, {
    title: 'UsageCapExceeded',
    detail: 'Usage cap exceeded: Monthly product cap',
    type: problemType(settings, 'usage-capped'),
    period: 'Monthly',
    scope: 'Product',
  });
}

/** One parameter that X does not accept. The shape is X's; the wording of a message is, where it was recorded. */
export interface BadParameter {
  readonly name: string;
  readonly value: string;
  readonly message: string;
}

export function invalidRequest(settings: Settings, bad: readonly BadParameter[]): Reply {
  return problem(400, {
    errors: bad.map(({ name, value, message }) => ({ parameters: { [name]: [value] }, message })),
    title: 'Invalid Request',
    detail: 'One or more parameters to your request was invalid.',
    type: problemType(settings, 'invalid-request'),
  });
}

/** Partial errors come with 200. */
export function notFoundError(settings: Settings, kind: 'user' | 'tweet', id: string): unknown {
  return {
    value: id,
    detail: `Could not find ${kind} with id: [${id}].`,
    title: 'Not Found Error',
    resource_type: kind,
    parameter: 'id',
    resource_id: id,
    type: problemType(settings, 'resource-not-found'),
  };
}

export function notPlayed(method: string, path: string): Reply {
  return problem(404, {
    title: 'Not Found',
    detail: `The simulator does not play ${method} ${path}.`,
    type: 'about:blank',
    status: 404,
  });
}

function forbidden(detail: string): Reply {
  return problem(403, { detail, type: 'about:blank', title: 'Forbidden', status: 403 });
}

function problem(status: number, body: unknown): Reply {
  return jsonReply(status, body, { 'content-type': 'application/problem+json' });
}

function problemType(settings: Settings, name: string): string {
  return `https://api.${settings.olderProblemHost ? 'twitter' : 'x'}.com/2/problems/${name}`;
}
