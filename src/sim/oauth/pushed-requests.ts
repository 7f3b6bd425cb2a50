import { randomText } from '../../model/random.ts';
import { MINUTE_MS, SECOND_MS } from '../../model/clock.ts';
import { FEATURES } from '../features.ts';
import { hashOf } from '../names.ts';
import type { Network } from '../networks/network.ts';
import { formOf, jsonReply, queryOf, type SimRequest } from '../wire.ts';
import type { Decision, World } from '../world.ts';
import { readAuthorizationRequest, type ReadRequest } from './authorization-request.ts';
import { checkClient, clientIdNameAt } from './client-check.ts';
import { refuse } from './refusal.ts';

const PUSHED_LIFE_MS = MINUTE_MS;
const PREFIX = 'urn:ietf:params:oauth:request_uri:';

/** `POST` to the endpoint for pushed authorization requests (RFC 9126, section 2): a name for a request that is in order. */
export function answerPushed(world: World, network: Network, request: SimRequest): Decision {
  const form = formOf(request) ?? new URLSearchParams();
  const client = checkClient(world, request, form, { ownerOfGrant: undefined });
  if (client.kind === 'refused') return refuse(world, network, client.problem, client.parameter);
  const bare = new URLSearchParams([...form].filter(([name]) => !/^client_(secret|assertion)/.test(name)));
  bare.set(clientIdNameAt(world), client.clientId);
  const read = readAuthorizationRequest(world, bare);
  if (form.has('request_uri') || read.kind !== 'accepted')
    return { events: client.events, reply: jsonReply(400, problemOf(read)) };
  const uri = PREFIX + randomText(world.random, 24);
  const pushed = { hash: hashOf(uri), request: read.request, expiresAtMs: world.nowMs + PUSHED_LIFE_MS };
  return {
    events: [...client.events, { kind: 'request_pushed', pushed }],
    reply: jsonReply(201, { request_uri: uri, expires_in: PUSHED_LIFE_MS / SECOND_MS }),
  };
}

function problemOf(read: ReadRequest): Record<string, string> {
  if (read.kind === 'redirected') {
    const answer = queryOf(read.location);
    const description = answer.get('error_description');
    return {
      error: answer.get('error') ?? 'invalid_request',
      ...(description === null ? {} : { error_description: description }),
    };
  }
  return { error: 'invalid_request', error_description: read.kind === 'untrusted' ? read.problem : 'request_uri' };
}

/** The request behind the address of a browser: in the address itself, or pushed ahead of it (RFC 9126, section 4). */
export function requestBehind(world: World, query: URLSearchParams): ReadRequest {
  const uri = query.get('request_uri');
  if (uri === null || !FEATURES.pushedAuthorization(world.provider)) {
    if (FEATURES.requirePushed(world.provider))
      return { kind: 'untrusted', problem: 'This server takes only requests that were pushed to it first.' };
    return readAuthorizationRequest(world, query);
  }
  const pushed = world.state.pushed.get(hashOf(uri));
  if (pushed === undefined || world.nowMs >= pushed.expiresAtMs)
    return { kind: 'untrusted', problem: 'The pushed request is too old, or there never was one. Start again.' };
  if (pushed.request.clientId !== query.get(clientIdNameAt(world)))
    return { kind: 'untrusted', problem: 'The pushed request is another app’s.' };
  return { kind: 'accepted', request: pushed.request };
}
